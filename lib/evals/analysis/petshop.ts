import type { Bundle, Series } from "@/lib/core/evidence/bundle";
import { rankCauses } from "@/lib/core/causes/rank";
import { load } from "../detection/measure-real";
import { type Line, percent } from "../detection/table";
import { rename, seeded } from "./rename";
import { atLeast, byLargestShift, fast, GRAPH_ALONE, reported, scoreCases } from "./score";

/** A slot of these metrics is five minutes long; a row is stamped with its beginning. */
const SLOT_S = 300;
/** Slots of one no-fault window. */
const WINDOW = 5;

interface PetshopCase {
  id: string;
  bundle: Bundle;
  cause: string;
}

interface Sample {
  t: number;
  node: string;
  metric: string;
  value: number;
}

/** PetShop's incidents as bundles. `command` is never read: it is the fault itself. */
export async function petshopCases(data: string): Promise<{ cases: PetshopCase[]; windows: Bundle[] }> {
  const edges = (await load(data, "petshop/edges.csv")).map((r): [string, string] => [
    String(r["caller_or_parent"]),
    String(r["callee_or_child"]),
  ]);
  const normal = (await load(data, "petshop/noissue.csv.gz")).flatMap(sampleOf);
  const issues = new Map<string, Sample[]>();
  for (const row of await load(data, "petshop/issues.csv.gz")) {
    const id = String(row["case"]);
    issues.set(id, [...(issues.get(id) ?? []), ...sampleOf(row)]);
  }
  const nodes = [...new Set([...edges.flat(), ...normal.map((s) => s.node)])].map((id) => ({ id }));
  const empty = { logs: [], spans: [], changes: [] };
  const bundleOf = (target: Bundle["target"], seen: Sample[], well: Sample[]): Bundle => ({
    target,
    nodes,
    edges,
    metrics: seriesOf(seen),
    ...empty,
    normal: { metrics: seriesOf(well), logs: [], spans: [] },
  });
  const cases = (await load(data, "petshop/targets.csv")).map((row): PetshopCase => {
    const at = Number(row["target_ts"]);
    const metric = String(row["target_metric"]);
    const seen = (issues.get(String(row["case"])) ?? []).filter((s) => s.t + SLOT_S > at);
    const target = {
      node: String(row["target_node"]),
      metric: `${metric} ${String(row["target_agg"])}`,
      direction: metric === "availability" ? ("down" as const) : ("up" as const),
      at,
    };
    return { id: String(row["case"]), bundle: bundleOf(target, seen, normal), cause: String(row["root_cause_node"]) };
  });
  const times = [...new Set(normal.map((s) => s.t))].sort((a, b) => a - b);
  const cut = Math.floor((2 * times.length) / 3);
  const well = normal.filter((s) => s.t < times[cut]!);
  const windows: Bundle[] = [];
  for (let i = cut; i + WINDOW <= times.length; i++) {
    const [from, to] = [times[i]!, times[i + WINDOW - 1]!];
    const seen = normal.filter((s) => s.t >= from && s.t <= to);
    windows.push(bundleOf({ node: "PetSite", at: from + SLOT_S }, seen, well));
  }
  return { cases, windows };
}

function sampleOf(row: Record<string, unknown>): Sample[] {
  const value = row["value"];
  if (value === "" || value == null) return [];
  const metric = `${String(row["metric"])} ${String(row["stat"])}`;
  return [{ t: Number(row["ts"]), node: String(row["node"]), metric, value: Number(value) }];
}

function seriesOf(samples: Sample[]): Series[] {
  const series = new Map<string, Series>();
  for (const { t, node, metric, value } of samples) {
    const key = `${node}|${metric}`;
    const s = series.get(key) ?? { node, metric, points: [] };
    series.set(key, s);
    s.points.push([t, value]);
  }
  for (const s of series.values()) s.points.sort((a, b) => a[0] - b[0]);
  return [...series.values()];
}

export async function petshop(data: string): Promise<Line[]> {
  const { cases, windows } = await petshopCases(data);
  const scored = scoreCases(cases);
  const blamed = windows.filter((w, i) => rankCauses(rename(w, seeded(1000 + i)).bundle).verdict === "fault").length;
  const share = blamed / windows.length;
  const missed = scored.verdicts.filter((v) => v === "no_fault").length;
  return [
    atLeast(`incidents (${cases.length}): cause first (AC@1)`, scored.within(1), 0.65),
    atLeast("cause among the first three (AC@3)", scored.within(3), 0.9),
    reported("the best constant answer: AC@1, AC@3", constantAnswer(cases.map((c) => c.cause))),
    ...Object.entries(GRAPH_ALONE).map(([name, ranker]) =>
      reported(`the call graph alone, ${name} first: AC@1, AC@3`, scoreCases(cases, ranker).both()),
    ),
    reported("largest shift of any metric: AC@1, AC@3", scoreCases(cases, byLargestShift).both()),
    reported("incidents classified as normal", percent(missed / cases.length)),
    reported("confidence in the first cause, when right and when wrong", scored.confidence()),
    {
      what: `normal windows of ${WINDOW} rows called a fault (of ${windows.length})`,
      target: "at most 10 %",
      measured: percent(share),
      met: share <= 0.1,
    },
    fast(scored.slowest),
  ];
}

/** What naming the most frequent causes every time would score, with the labels known. */
function constantAnswer(causes: string[]): string {
  const counts = new Map<string, number>();
  for (const c of causes) counts.set(c, (counts.get(c) ?? 0) + 1);
  const most = [...counts.values()].sort((a, b) => b - a);
  const top = (k: number) => most.slice(0, k).reduce((a, b) => a + b, 0) / causes.length;
  return `${percent(top(1))}, ${percent(top(3))}`;
}
