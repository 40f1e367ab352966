import type { Bundle, BundleChange } from "../evidence/bundle";
import { natureOf } from "./metric-kinds";

/** Fewer points since a change do not tell how its node was loaded meanwhile: a share of one in twenty has to be seen at all. */
const POINTS_MIN = 20;

/**
 * How much of the time from a change to an onset its node had been tried under such a load as at the onset, 0 to 1. What fails only under load
 * lies dormant until the load comes (a latent fault: Avizienis et al. 2004), so that quiet hours are no alibi. Half of ordinary time lies above
 * its median: where the load at the onset is an ordinary one, all of the time counts. 1 where load, onset
 * or normal time are not known: a window that was cut around an incident shows no ordinary hour.
 */
export function exposureOf({ metrics, normal, edges }: Bundle, onset: number | null): (change: BundleChange) => number {
  if (onset === null || normal.metrics.length === 0) return () => 1;
  const loads = new Map<string, [number, number][]>();
  for (const { node, metric, unit, points } of [...normal.metrics, ...metrics])
    if (natureOf(metric, unit).kind === "traffic") loads.set(node, [...(loads.get(node) ?? []), ...points]);
  const share = (node: string, t: number): number => {
    const points = loads.get(node) ?? [];
    const before = points.filter(([at]) => at >= t && at < onset).map(([, load]) => load);
    const then = points.filter(([at]) => at >= onset).map(([, load]) => load);
    if (before.length < POINTS_MIN || then.length === 0) return 1;
    const typical = then.toSorted((a, b) => a - b)[then.length >> 1]!;
    const reached = before.filter((load) => load >= typical).length;
    // Rule of succession: what was never seen in n points may be seen in the next.
    return Math.min(1, (2 * (reached + 1)) / (before.length + 2));
  };
  return ({ node, t }) => {
    // The load has to come from outside: what the trouble itself makes its callers ask for again is no hour of day.
    const callers = edges.flatMap(([caller, callee]) => (callee === node && loads.has(caller) ? [caller] : []));
    return Math.max(share(node, t), callers.length === 0 ? 0 : Math.min(...callers.map((caller) => share(caller, t))));
  };
}
