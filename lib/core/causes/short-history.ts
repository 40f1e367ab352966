import type { Bundle } from "../evidence/bundle";
import { isOf, type WeightedEvidence } from "./weighted-evidence";

/**
 * How long a series must reach back before its alert to show what was normal, in seconds: an alert may come a quarter of an hour
 * after what it is about began (a `for:` clause, slow growth, rare scrapes), and a series that begins after that shows one
 * level throughout, however wrong that level is.
 */
const NORMAL_BEFORE_S = 15 * 60;

/**
 * That the target's own series do not reach back far enough to say what was normal; null where one does, or where there
 * are none to go by. Of several series the alert's own metric counts, where it names one that was read.
 */
export function shortHistory({ target, metrics }: Bundle): WeightedEvidence | null {
  const own = metrics.filter(({ node, points }) => isOf(node, target.node) && points.length > 0);
  const asked = own.filter(({ metric }) => metric === target.metric);
  const counted = asked.length > 0 ? asked : own;
  if (counted.length === 0) return null;
  const before = target.at - Math.min(...counted.map(({ points }) => points[0]![0]));
  if (before >= NORMAL_BEFORE_S) return null;
  const since = before <= 0 ? "after the alert" : `${Math.round(before)} s before the alert`;
  return {
    finding: {
      id: "h1",
      kind: "state",
      node: target.node,
      strength: 0.5,
      text: `Metrics of ${target.node} begin ${since}: too little history to tell what is normal`,
    },
    weight: 0,
    affinity: {},
    active: false,
  };
}
