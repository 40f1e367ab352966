import type { Bundle, Series, SpanStat } from "@/lib/core/evidence/bundle";
import { load } from "../detection/measure-real";
import { type Line, percent } from "../detection/table";
import { atLeast, byLargestShift, fast, reported, scoreCases } from "./score";

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
  /** One fault's own record and the series of minutes disagree by a minute: the earlier start is the safe one for normal time. */
  const starts = faults.map((f) => Math.min(Number(f["ts"]), Number(f["upstream_inject_timestamp"])));
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
  return faults.map((fault) => {
    const at = Number(fault["ts"]);
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

const NOT_MEASURED = new Set(["service", "TimeStamp", "in_fault", "phase"]);

export function seriesOf(rows: { t: number; row: Record<string, unknown> }[]): Series[] {
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

export function spanOf(row: Record<string, unknown>): SpanStat {
  const parent = String(row["parent_service"]);
  const [gap50, gap] = [row["gap_p50_us"], row["gap_p95_us"]];
  return {
    t: Math.round(Number(row["t_min_ms"]) / 1000 / MINUTE_S) * MINUTE_S,
    node: String(row["service"]),
    ...(parent === "-" || parent === "" ? {} : { parent }),
    operation: String(row["operation"]),
    n: Number(row["n"]),
    p50_us: Number(row["p50_us"]),
    p95_us: Number(row["p95_us"]),
    ...(gap50 === "" ? {} : { gap_p50_us: Number(gap50) }),
    ...(gap === "" ? {} : { gap_p95_us: Number(gap) }),
  };
}

export async function nezha(data: string): Promise<Line[]> {
  const cases = (await nezhaCases(data)).filter((c) => c.spans);
  const scored = scoreCases(cases);
  const shifted = scoreCases(cases, byLargestShift);
  const types = [...new Set(cases.map((c) => c.type))];
  const unseen = scored.verdicts.filter((v) => v === "no_fault").length;
  return [
    atLeast(`faults with spans (${cases.length}): cause first (AS@1)`, scored.within(1), 0.75),
    atLeast("cause among the first three (AS@3)", scored.within(3), 0.85),
    ...types.map((type) => {
      const of = (_: number, i: number) => cases[i]!.type === type;
      return reported(`${type} (${cases.filter((c) => c.type === type).length}): AS@1, AS@3`, scored.both(of));
    }),
    reported("largest shift of any metric: AS@1, AS@3", shifted.both()),
    reported("faults classified as normal", percent(unseen / cases.length)),
    reported("confidence in the first cause, when right and when wrong", scored.confidence()),
    fast(scored.slowest),
  ];
}
