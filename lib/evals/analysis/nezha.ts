import type { Bundle, Series, SpanStat } from "@/lib/core/bundle";
import { rankCauses } from "@/lib/core/rank";
import { load } from "../detection/measure-real";
import { type Line, percent } from "../detection/table";
import { rename, seeded } from "./rename";

/** A fault is looked at for so long after it was injected; its injection lasts a few minutes. */
const WINDOW_S = 240;
/** A row of metrics stands for the minute before it. */
const MINUTE_S = 60;
/** The services of Online Boutique that people see: where an alert would come from. */
const ENTRY = "frontend";

export interface NezhaCase {
  id: string;
  type: string;
  bundle: Bundle;
  cause: string;
  /** Whether any span was recorded while the fault was there. */
  spans: boolean;
}

interface Stamped<T> {
  from: number;
  to: number;
  row: T;
}

const touches = (s: { from: number; to: number }, at: number) => s.to > at && s.from < at + WINDOW_S;

export async function nezhaCases(data: string): Promise<NezhaCase[]> {
  const faults = await load(data, "nezha_onlineboutique/faults.csv");
  const starts = faults.map((f) => Number(f["ts"]));
  const metrics = (await load(data, "nezha_onlineboutique/metrics.csv.gz")).map((row) => ({
    t: Number(row["TimeStamp"]),
    ill: row["in_fault"] === "1",
    row,
  }));
  const spans: Stamped<SpanStat>[] = (await load(data, "nezha_onlineboutique/span_stats.csv.gz")).map((row) => ({
    from: Number(row["t_min_ms"]) / 1000,
    to: Number(row["t_max_ms"]) / 1000,
    row: spanOf(row),
  }));
  const edges = new Map<string, [string, string]>();
  const services = new Set(metrics.map((m) => String(m.row["service"])));
  for (const day of ["2022-08-22", "2022-08-23"]) {
    for (const row of await load(data, `nezha_onlineboutique/${day}_dependency.csv`)) {
      const [from, to] = [String(row["Source"]), String(row["Target"])];
      if (services.has(from) && services.has(to)) edges.set(`${from} ${to}`, [from, to]);
    }
  }
  const normal = {
    metrics: seriesOf(metrics.filter((m) => !m.ill)),
    spans: spans.filter((s) => !starts.some((at) => touches(s, at))).map((s) => s.row),
    logs: [],
  };
  return faults.map((fault, i) => {
    const at = starts[i]!;
    const seen = spans.filter((s) => touches(s, at)).map((s) => s.row);
    return {
      id: String(fault["fault"]),
      type: String(fault["type"]),
      cause: String(fault["service"]),
      spans: seen.length > 0,
      bundle: {
        target: { node: ENTRY, at },
        nodes: [...services].map((id) => ({ id })),
        edges: [...edges.values()],
        metrics: seriesOf(metrics.filter((m) => m.t > at - MINUTE_S / 2 && m.t < at + WINDOW_S)),
        logs: [],
        spans: seen,
        changes: [],
        normal,
      },
    };
  });
}

const NOT_MEASURED = new Set(["service", "TimeStamp", "in_fault"]);

function seriesOf(rows: { t: number; row: Record<string, unknown> }[]): Series[] {
  const series = new Map<string, Series>();
  for (const { t, row } of rows) {
    for (const [column, text] of Object.entries(row)) {
      if (NOT_MEASURED.has(column) || text === "") continue;
      const key = `${String(row["service"])}|${column}`;
      const [, metric = column, unit] = /^(.*?)(?:\((.*)\))?$/.exec(column) ?? [];
      const s = series.get(key) ?? { node: String(row["service"]), metric, ...(unit ? { unit } : {}), points: [] };
      series.set(key, s);
      s.points.push([t, Number(text)]);
    }
  }
  for (const s of series.values()) s.points.sort((a, b) => a[0] - b[0]);
  return [...series.values()];
}

function spanOf(row: Record<string, unknown>): SpanStat {
  const parent = String(row["parent_service"]);
  const gap = row["gap_p95_us"];
  return {
    t: Math.round(Number(row["t_min_ms"]) / 1000 / MINUTE_S) * MINUTE_S,
    node: String(row["service"]),
    ...(parent === "-" || parent === "" ? {} : { parent }),
    operation: String(row["operation"]),
    n: Number(row["n"]),
    p50_us: Number(row["p50_us"]),
    p95_us: Number(row["p95_us"]),
    ...(gap === "" ? {} : { gap_p95_us: Number(gap) }),
  };
}

export async function nezha(data: string): Promise<Line[]> {
  const cases = (await nezhaCases(data)).filter((c) => c.spans);
  const byType = new Map<string, number[]>();
  const ranks: number[] = [];
  let slowest = 0;
  cases.forEach(({ id, type, bundle, cause }, i) => {
    const named = rename(bundle, seeded(i + 1));
    const started = performance.now();
    const { ranking, verdict, parts } = rankCauses(named.bundle);
    slowest = Math.max(slowest, performance.now() - started);
    const at = ranking.findIndex((r) => r.node === named.name(cause)) + 1;
    const rank = at === 0 ? Number.POSITIVE_INFINITY : at;
    ranks.push(rank);
    byType.set(type, [...(byType.get(type) ?? []), rank]);
    if (process.argv.includes("--verbose")) {
      const show = (r: (typeof ranking)[number]) => {
        const p = parts.get(r.node)!;
        return `${named.back(r.node).replace("service", "")} ${r.score.toFixed(2)}[L${p.latency.toFixed(2)} E${p.error.toFixed(2)} R${p.resource.toFixed(2)} S${p.silence.toFixed(2)}]`;
      };
      process.stderr.write(
        `${id} ${cause} ${type}: ${rank === 1 ? "" : "MISS "}${at} ${verdict} ${ranking.slice(0, 3).map(show).join(" ")}\n`,
      );
    }
  });
  const within = (list: number[], k: number) => list.filter((r) => r <= k).length / list.length;
  return [
    {
      what: `faults with spans (${cases.length}): cause first (AS@1)`,
      target: "at least 75 %",
      measured: percent(within(ranks, 1)),
      met: within(ranks, 1) >= 0.75,
    },
    {
      what: "cause among the first three (AS@3)",
      target: "at least 85 %",
      measured: percent(within(ranks, 3)),
      met: within(ranks, 3) >= 0.85,
    },
    ...[...byType].map(([type, list]): Line => ({
      what: `${type} (${list.length}): AS@1, AS@3`,
      target: "",
      measured: `${percent(within(list, 1))}, ${percent(within(list, 3))}`,
      met: null,
    })),
    { what: "slowest analysis", target: "below 1 s", measured: `${slowest.toFixed(0)} ms`, met: slowest < 1000 },
  ];
}
