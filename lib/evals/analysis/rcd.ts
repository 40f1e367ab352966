import type { Bundle, Series } from "@/lib/core/evidence/bundle";
import { load } from "../detection/measure-real";
import type { Line } from "../detection/table";
import { atLeast, byLargestShift, fast, type LabelledCase, reported, scoreCases } from "./score";

/** `carts-db_cpu`, `user_lat_90`: the service, then what was measured. */
const COLUMN = /^(.+?)_(.+)$/;
/** `carts-cpu-1`: the service, the fault and its repetition. */
const CASE = /^(.+)-[^-]+-\d+$/;

async function rcdCases(data: string): Promise<LabelledCase[]> {
  const cases = new Map<string, { normal: Record<string, unknown>[]; seen: Record<string, unknown>[] }>();
  for (const row of await load(data, "rcd_sockshop/sockshop_50cases.csv.gz")) {
    const id = String(row["case"]);
    const c = cases.get(id) ?? { normal: [], seen: [] };
    cases.set(id, c);
    (row["phase"] === "normal" ? c.normal : c.seen).push(row);
  }
  return [...cases].map(([id, { normal, seen }]) => {
    const bundle: Bundle = {
      target: { node: "front-end", at: Number(seen[0]?.["time"] ?? 0) },
      nodes: [],
      edges: [],
      metrics: seriesOf(seen),
      logs: [],
      spans: [],
      changes: [],
      normal: { metrics: seriesOf(normal), logs: [], spans: [] },
    };
    return { id, bundle, cause: CASE.exec(id)?.[1] ?? id };
  });
}

function seriesOf(rows: Record<string, unknown>[]): Series[] {
  const series = new Map<string, Series>();
  for (const row of rows) {
    for (const [column, text] of Object.entries(row)) {
      const [, node, metric] = COLUMN.exec(column) ?? [];
      if (node === undefined || metric === undefined || text === "") continue;
      const s = series.get(column) ?? { node, metric, points: [] };
      series.set(column, s);
      s.points.push([Number(row["time"]), Number(text)]);
    }
  }
  for (const s of series.values()) s.points.sort((a, b) => a[0] - b[0]);
  return [...series.values()];
}

/** A smoke test: there is no call graph, and a shift of medians alone finds every service. */
export async function rcd(data: string): Promise<Line[]> {
  const cases = await rcdCases(data);
  const scored = scoreCases(cases);
  return [
    atLeast(`injected faults (${cases.length}): cause among the first three`, scored.within(3), 0.9),
    reported("cause first", scored.both()),
    reported("largest shift of any metric: first, first three", scoreCases(cases, byLargestShift).both()),
    fast(scored.slowest),
  ];
}
