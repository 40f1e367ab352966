import type { Bundle, Series } from "@/lib/core/evidence/bundle";
import { load } from "../detection/measure-real";
import { type Line, percent } from "../detection/table";
import { atLeast, byAnalysis, byLargestShift, fast, type LabelledCase, reported, scoreCases } from "./score";

/** A fault is looked at for so long after it was injected. */
const WINDOW_S = 300;
/** It may last, and what it left behind may need to settle, for so long: no normal time. */
const SETTLED_S = 900;
/** Normal time is what came before, up to so long. */
const NORMAL_S = 3600;
const ENTRY = "frontend";
/** `cartservice-75d494679c-qdl5c` is an instance of `cartservice`; `node-192.168.31.101` is itself. */
const POD = /^(.+)-[a-z\d]{6,10}-[a-z\d]{5}$/;

interface MicroIrcCase extends LabelledCase {
  type: string;
}

interface Sample {
  service: string;
  metric: string;
  points: Series["points"];
}

const before = (points: Series["points"], t: number): number => {
  let [low, high] = [0, points.length];
  while (low < high) {
    const mid = (low + high) >> 1;
    if (points[mid]![0] < t) low = mid + 1;
    else high = mid;
  }
  return low;
};

const between = (points: Series["points"], from: number, to: number) =>
  points.slice(before(points, from), before(points, to));

/** Online Boutique's faults as bundles of services, each instance's series apart. */
export async function microIrcCases(data: string): Promise<MicroIrcCase[]> {
  const samples = new Map<string, Sample & { day: string }>();
  for (const row of await load(data, "microirc_ob/metrics.csv.gz")) {
    const [day, entity, metric] = [String(row["day"]), String(row["entity"]), String(row["metric"])];
    const service = POD.exec(entity)?.[1] ?? entity;
    const key = `${day}|${entity}|${metric}`;
    let sample = samples.get(key);
    if (sample === undefined) {
      sample = { day, service, metric: `${metric} of ${entity.slice(service.length + 1)}`, points: [] };
      samples.set(key, sample);
    }
    if (row["value"] !== "") sample.points.push([Number(row["timestamp"]), Number(row["value"])]);
  }
  for (const { points } of samples.values()) points.sort((a, b) => a[0] - b[0]);
  const edges = (await load(data, "microirc_ob/edges.csv")).map((r): [string, string] => [
    String(r["caller"]),
    String(r["callee"]),
  ]);
  const faults = await load(data, "microirc_ob/faults.csv");
  const starts = faults.map((f) => Number(f["ts"]));
  return faults.map((fault, i) => {
    const at = Number(fault["ts"]);
    const own = [...samples.values()].filter(({ day }) => day === String(fault["day"]));
    const well = (t: number) => !starts.some((start) => t >= start - 60 && t < start + SETTLED_S);
    const series = (of: (points: Series["points"]) => Series["points"]): Series[] =>
      own.flatMap(({ service, metric, points }) => {
        const some = of(points);
        return some.length === 0 ? [] : [{ node: service, metric, points: some }];
      });
    const bundle: Bundle = {
      target: { node: ENTRY, at },
      nodes: [...new Set(own.map(({ service }) => service))].map((id) => ({ id })),
      edges,
      metrics: series((points) => between(points, at, at + WINDOW_S)),
      logs: [],
      spans: [],
      changes: [],
      normal: {
        metrics: series((points) => between(points, at - NORMAL_S, at - 60).filter(([t]) => well(t))),
        logs: [],
        spans: [],
      },
    };
    return { id: String(i), type: String(fault["fault"]), cause: String(fault["service"]), bundle };
  });
}

export async function microirc(data: string): Promise<Line[]> {
  const cases = await microIrcCases(data);
  const scored = scoreCases(cases, byAnalysis);
  const shifted = scoreCases(cases, byLargestShift);
  const types = [...new Set(cases.map((c) => c.type))];
  const unseen = scored.verdicts.filter((v) => v === "no_fault").length;
  return [
    atLeast(`faults (${cases.length}): cause first (AC@1)`, scored.within(1), 0.4),
    atLeast("cause among the first three (AC@3)", scored.within(3), 0.6),
    ...types.map((type) => {
      const of = (_: number, i: number) => cases[i]!.type === type;
      return reported(`${type} (${cases.filter((c) => c.type === type).length}): AC@1, AC@3`, scored.both(of));
    }),
    reported("largest shift of any metric: AC@1, AC@3", shifted.both()),
    reported("faults classified as normal", percent(unseen / cases.length)),
    fast(scored.slowest),
  ];
}
