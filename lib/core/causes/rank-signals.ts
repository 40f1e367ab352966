import type { Bundle, Series } from "../evidence/bundle";
import { type MetricNature, natureOf } from "./metric-kinds";
import { type Shift, shiftOf } from "./shift";
import { middle } from "../base/stats";

/** One series of the incident beside its normal time. */
export interface Signal {
  node: string;
  metric: string;
  unit?: string;
  nature: MetricNature;
  points: Series["points"];
  /** Values of normal time, in order of time. */
  normal: number[];
  /** What 100 % is, for shares; 1 for everything else. */
  whole: number;
  /** Null: there is nothing to compare with. */
  shift: Shift | null;
}

/** Points this long before the alert may still belong to the incident: an alert that comes an hour late is a late one. */
export const LOOK_BACK_S = 3600;
/** Without normal time, the first part of a series stands in for it, if the series has so many points. */
const SELF_MIN = 6;
const SELF_SHARE = 0.4;
/** A share in percent that moves by less than a point has not moved. */
const PERCENT_GRAIN = 1;

const keyOf = (node: string, metric: string) => JSON.stringify([node, metric]);

/** All series of a bundle that were seen during the incident, judged against their normal time. */
export function signalsOf(bundle: Bundle): Signal[] {
  const normals = new Map<string, number[]>();
  for (const { node, metric, points } of bundle.normal.metrics) {
    const key = keyOf(node, metric);
    const values = points.map(([, value]) => value);
    normals.set(key, normals.has(key) ? [...normals.get(key)!, ...values] : values);
  }
  const from = bundle.target.at - LOOK_BACK_S;
  return bundle.metrics.map((series) => {
    const nature = natureOf(series.metric, series.unit);
    let points = series.points.filter(([t]) => t >= from);
    let normal = normals.get(keyOf(series.node, series.metric));
    if (normal === undefined) {
      const own = series.points.length >= SELF_MIN ? Math.floor(SELF_SHARE * series.points.length) : 0;
      normal = series.points.slice(0, own).map(([, value]) => value);
      points = series.points.slice(own);
    }
    const percent = /%|percent/i.test(`${series.metric} ${series.unit ?? ""}`);
    const whole = nature.kind === "availability" || percent ? wholeOf(normal, points) : 1;
    const ratio = nature.kind === "latency" || nature.kind === "traffic" || (nature.kind === "resource" && whole === 1);
    const grain = whole === 100 ? PERCENT_GRAIN : 0;
    const values = points.map(([, value]) => value);
    return {
      node: series.node,
      metric: series.metric,
      ...(series.unit === undefined ? {} : { unit: series.unit }),
      nature,
      points,
      normal,
      whole,
      shift: shiftOf(values, normal, nature.bad, whole === 1 ? { ratio, grain } : { ratio, grain, whole }),
    };
  });
}

/** Shares come as 0 to 1 or as 0 to 100. */
function wholeOf(normal: readonly number[], points: Series["points"]): number {
  let top = 0;
  for (const x of normal) top = Math.max(top, x);
  for (const [, x] of points) top = Math.max(top, x);
  return top > 1 ? 100 : 1;
}

/** What a node's calls cost, slot by slot, as far as its metrics tell. */
export interface NodeLoad {
  latency: Signal | null;
  failures: Signal | null;
  traffic: Signal | null;
}

/** The series of each node that stand best for its latency, its failures and its traffic. */
export function loadsOf(signals: readonly Signal[]): Map<string, NodeLoad> {
  const loads = new Map<string, NodeLoad>();
  const better = (a: Signal | null, b: Signal): Signal => {
    if (a === null) return b;
    const cost = (s: Signal) => (s.nature.callers ? 100 : 0) + (s.normal.length === 0 ? 50 : 0) + s.nature.rank;
    return cost(b) < cost(a) ? b : a;
  };
  for (const s of signals) {
    const load = loads.get(s.node) ?? { latency: null, failures: null, traffic: null };
    loads.set(s.node, load);
    switch (s.nature.kind) {
      case "latency":
        load.latency = better(load.latency, s);
        break;
      case "error":
      case "availability":
        load.failures = better(load.failures, s);
        break;
      case "traffic":
        load.traffic = better(load.traffic, s);
        break;
      case "resource":
      case "level":
        break;
    }
  }
  return loads;
}

/** Value of a series nearest to a time, within half a slot; undefined where nothing was measured then. */
export function valueAt(points: Series["points"], t: number, slot: number): number | undefined {
  let best: number | undefined;
  let near = slot / 2;
  for (const [at, value] of points) {
    const away = Math.abs(at - t);
    if (away > near) continue;
    near = away;
    best = value;
  }
  return best;
}

/** Usual distance between two points, in seconds; a minute where one cannot be told. */
export function slotOf(signals: readonly Signal[]): number {
  const gaps: number[] = [];
  for (const { points } of signals) {
    for (let i = 1; i < points.length; i++) {
      const gap = points[i]![0] - points[i - 1]![0];
      if (gap > 0) gaps.push(gap);
    }
  }
  return gaps.length > 0 ? middle(gaps) : 60;
}
