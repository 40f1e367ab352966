import type { Bundle, BundleChange, Finding, Series } from "../evidence/bundle";
import { iso } from "../evidence/log-findings";
import { mannWhitney } from "../base/mann-whitney";
import { natureOf } from "./metric-kinds";

/** How the newer version of a node did beside the older one at the same time, on one metric. */
export interface VersionComparison {
  node: string;
  metric: string;
  newer: string;
  older: string;
  /** Since when the newer one is seen, epoch seconds. */
  since: number;
  /** Cliff's delta in the bad direction, −1 to 1: how much more often the newer one was worse than better. */
  delta: number;
  verdict: "worse" | "alike" | "unclear";
}

/** Labels that tell versions apart, the plainest first, as applications, OpenTelemetry, Istio, Kubernetes and Argo Rollouts have them. */
export const VERSION_LABELS = [
  "version",
  "app_version",
  "service_version",
  "destination_version",
  "release",
  "image_tag",
  "canonical_revision",
  "revision",
  "pod_template_hash",
  "rollouts_pod_template_hash",
] as const;
/** One of them in a metric's name; OpenTelemetry's own name of it has a dot. */
const VERSION = new RegExp(`[{,]\\s*(${VERSION_LABELS.join("|")}|service\\.version)\\s*=\\s*"([^"]{1,100})"`);
/** Moments that both have to be seen at: with fewer no difference is certain at this level, one-sided. */
const MOMENTS_MIN = 8;
const LEVEL = 0.01;
/** Large and negligible effects (Romano et al. 2006). */
const LARGE = 0.474;
const NEGLIGIBLE = 0.147;
/** Points of one moment: scrapes of two pods are never at the same second. */
const MOMENT_S = 60;
/** What a change's score is multiplied by when its version did worse than the older one beside it, and when it did as well. */
const RAISED = 1.6;
const CLEARED = 0.3;
/** A version is seen at most so long before its change was recorded (clocks), and so long after it (a slow rollout). */
const BEFORE_S = 120;
const AFTER_S = 1800;

/**
 * Newer against older versions of a node over the moments at which both ran, metric by metric: canary analysis with the test that
 * Kayenta uses (Mann & Whitney 1947, normal approximation with ties), and its effect as Cliff's delta. What changed for both, such as load or
 * a failing dependency, changes neither's place beside the other. Only metrics whose size does not depend on how much traffic a version
 * gets: latencies, and errors or availability as shares. `metric` names the version as a label (`{version="2"}`). Worse: a large
 * effect at the 1 % level. Alike: a negligible one. The version that is first seen last is the newer one.
 */
export function compareVersions({ metrics }: Pick<Bundle, "metrics">): VersionComparison[] {
  const groups = new Map<string, { version: string; series: Series }[]>();
  for (const series of metrics) {
    const label = VERSION.exec(series.metric);
    if (label === null || series.points.length === 0) continue;
    const metric = series.metric.replace(label[0], label[0].charAt(0));
    const { kind, counted, bad } = natureOf(metric, series.unit);
    if (bad === "both" || counted || !["latency", "error", "availability"].includes(kind)) continue;
    const key = JSON.stringify([series.node, metric]);
    groups.set(key, [...(groups.get(key) ?? []), { version: label[2]!, series }]);
  }
  return [...groups].flatMap(([key, list]): VersionComparison[] => {
    const [node, metric] = JSON.parse(key) as [string, string];
    const versions = new Map<string, Series["points"]>();
    for (const { version, series } of list) versions.set(version, [...(versions.get(version) ?? []), ...series.points]);
    const firsts = [...versions].map(([version, points]) => ({ version, points, since: earliest(points) }));
    firsts.sort((a, b) => b.since - a.since);
    const [newer, older] = firsts;
    if (newer === undefined || older === undefined || newer.since === older.since) return [];
    const [a, b] = together(newer.points, older.points);
    const sign = natureOf(metric, list[0]!.series.unit).bad === "down" ? -1 : 1;
    const { delta, p } = mannWhitney(
      a.map((x) => sign * x),
      b.map((x) => sign * x),
    );
    const enough = Math.min(a.length, b.length) >= MOMENTS_MIN;
    const verdict = !enough
      ? "unclear"
      : delta >= LARGE && p < LEVEL
        ? "worse"
        : Math.abs(delta) < NEGLIGIBLE
          ? "alike"
          : "unclear";
    return [{ node, metric, newer: newer.version, older: older.version, since: newer.since, delta, verdict }];
  });
}

/**
 * What the comparisons say of a change: more than 1 if its node's newer version, seen since about then, did worse than the older one beside
 * it; less if every metric says that it did as well; 1 if nothing is known.
 */
export function versionFactor(comparisons: readonly VersionComparison[]): (change: BundleChange) => number {
  return (change) => {
    const own = comparisons.filter(
      ({ node, since }) => node === change.node && since >= change.t - BEFORE_S && since <= change.t + AFTER_S,
    );
    if (own.some(({ verdict }) => verdict === "worse")) return RAISED;
    return own.length > 0 && own.every(({ verdict }) => verdict === "alike") ? CLEARED : 1;
  };
}

/** What was found worse or alike, as findings; the unclear is left out. */
export function versionFindings(comparisons: readonly VersionComparison[]): Finding[] {
  return comparisons
    .filter(({ verdict }) => verdict !== "unclear")
    .map(({ node, metric, newer, older, since, delta, verdict }, i) => ({
      id: `v${i + 1}`,
      kind: "metric_shift",
      node,
      at: since,
      strength: verdict === "worse" ? delta : 0.1,
      text:
        `Version ${newer} of ${node}, seen since ${iso(since)}, ${verdict === "worse" ? "is worse than" : "does not differ from"} ` +
        `version ${older} at the same time on "${metric}" (Cliff's delta ${delta.toFixed(2)}).`,
    }));
}

const earliest = (points: Series["points"]) => points.reduce((first, [t]) => Math.min(first, t), Infinity);

/** The values of each at the moments at which there are values of both, the mean of each moment. */
function together(one: Series["points"], other: Series["points"]): [number[], number[]] {
  const [a, b] = [byMoment(one), byMoment(other)];
  const moments = [...a.keys()].filter((moment) => b.has(moment));
  return [moments.map((moment) => a.get(moment)!), moments.map((moment) => b.get(moment)!)];
}

function byMoment(points: Series["points"]): Map<number, number> {
  const sums = new Map<number, { sum: number; n: number }>();
  for (const [t, value] of points) {
    const moment = Math.floor(t / MOMENT_S);
    const { sum, n } = sums.get(moment) ?? { sum: 0, n: 0 };
    sums.set(moment, { sum: sum + value, n: n + 1 });
  }
  return new Map([...sums].map(([moment, { sum, n }]) => [moment, sum / n]));
}
