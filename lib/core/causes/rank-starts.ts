import type { Start } from "./onset";
import type { Scene } from "./rank-scene";
import { strengthOf } from "./rank-strength";

/** How many suspects, best first, date the incident beside the target. */
const SUSPECTS = 3;

/** When the series of the target and of the first suspects left their normal. */
export function startsOf(scene: Scene, scored: readonly { node: string }[]): Start[] {
  const nodes = new Set([scene.target.node, ...scored.slice(0, SUSPECTS).map((s) => s.node)]);
  const slot = scene.slots.latency.length;
  return scene.signals.flatMap(({ node, points, shift }): Start[] => {
    if (shift === null || !nodes.has(node)) return [];
    const at = points[shift.start]?.[0];
    if (at === undefined) return [];
    return [{ at, before: points[shift.start - 1]?.[0] ?? at - slot, strength: strengthOf(shift.nats) }];
  });
}
