import { blameEdges } from "./edge-times";
import { amountOf } from "./rank-amounts";
import type { Scene } from "./rank-scene";
import type { Signal } from "./rank-signals";
import { significance, strengthOf } from "./rank-strength";
import { absorb, distances } from "./topology";

/**
 * What speaks for each node, by kind of evidence, each 0 to 1 (0: nothing, or not looked at). The kind of trouble reads off
 * the largest: `latency` is time lost in the node or on its edges and not in what it calls, `error` is failing or missing work that its
 * callees do not explain, `resource` is a moved processor, memory or saturation, `silence` is data that ceased, `traffic` a moved load.
 */
export interface CauseParts {
  latency: number;
  error: number;
  resource: number;
  silence: number;
  traffic: number;
}

/** What a node off the target's call paths is worth: a neighbour may be noisy, but its symptom did not come this way. */
const OFF_PATH = 0.2;
/** A processor or a memory that is full now and was idle before, without slowness or failures to show for it. */
const RESOURCE_WEIGHT = 0.65;
/** Growth of a latency that is half serious. */
const SLOWER = 0.05;
/** What a share is worth whose evidence is no more than a hint. */
const HINT = 0.25;
/** A series of unknown meaning that moved. */
const LEVEL_WEIGHT = 0.25;
const SILENCE_WEIGHT = 0.7;
/** Lost time is serious from about this share of all time on: half weight there. */
const LOST_SHARE = 0.02;

export function partsOf(scene: Scene): Map<string, CauseParts> {
  const parts = new Map<string, CauseParts>();
  const raise = (node: string, kind: keyof CauseParts, value: number) => {
    if (value <= 0) return;
    const p = parts.get(node) ?? { latency: 0, error: 0, resource: 0, silence: 0, traffic: 0 };
    parts.set(node, p);
    p[kind] = Math.max(p[kind], Math.min(1, value));
  };
  const place = (node: string) => (scene.topology.distance.has(node) ? 1 : OFF_PATH);
  for (const [node, share] of sharesOf(scene, "failures")) raise(node, "error", scene.symptom.failures * share);
  const traced = scene.loss?.grown;
  for (const [node, share] of sharesOf(scene, "latency"))
    if (traced === undefined || !traced.has(node))
      raise(node, "latency", scene.symptom.latency * share * slowed(scene, node));
  for (const [node, share] of lostShares(scene)) raise(node, "latency", scene.symptom.latency * share);
  for (const [node, share] of movedShares(scene)) raise(node, "error", share);
  for (const [node, share] of brokenShares(scene)) raise(node, "error", share);
  for (const s of scene.signals) {
    const strength = place(s.node) * strengthOf(s.shift?.nats ?? 0);
    if (s.nature.kind === "resource") raise(s.node, "resource", RESOURCE_WEIGHT * strength * effectOf(s) ** 2);
    if (s.nature.kind === "level") raise(s.node, "resource", LEVEL_WEIGHT * strength);
    if (s.nature.kind === "traffic") raise(s.node, "traffic", strength);
  }
  for (const { node, nats } of scene.silent) raise(node, "silence", SILENCE_WEIGHT * place(node) * strengthOf(nats));
  return parts;
}

/** One number for a node: any of the parts may be the cause (noisy or). A moved load alone blames nobody. */
export const scoreOf = (p: CauseParts) => 1 - (1 - p.latency) * (1 - p.error) * (1 - p.resource) * (1 - p.silence);

/** Where the symptom ends that the target shows, by the metrics of the nodes. */
export function sharesOf(scene: Scene, kind: "latency" | "failures"): Map<string, number> {
  const { topology, loads, slots, target } = scene;
  const measured = (node: string) => amountOf(kind, loads.get(node), slots[kind]);
  const mute = new Map(scene.silent.map(({ node, nats }) => [node, strengthOf(nats)]));
  // What a node loses of which nothing is measured any more is what its callers lose, as far as it is surely silent: not measured is not zero.
  const amount = (node: string) =>
    mute.has(node)
      ? mute.get(node)! * Math.max(0, ...(topology.callers.get(node) ?? []).map((caller) => measured(caller) ?? 0))
      : measured(node);
  const shares = absorb(target.node, topology, amount);
  const nats = (node: string) => loads.get(node)?.[kind]?.shift?.nats ?? 0;
  const strong = (node: string) => strengthOf(nats(node));
  for (const [node, share] of shares) shares.set(node, share * Math.max(strong(node), HINT * significance(nats(node))));
  for (const node of loads.keys()) if (!topology.distance.has(node)) shares.set(node, (OFF_PATH / 2) * strong(node));
  return shares;
}

/** Whether a node is slower by an amount that anybody would feel: half at {@link SLOWER}. */
function slowed({ loads }: Scene, node: string): number {
  const shift = loads.get(node)?.latency?.shift;
  if (shift == null || shift.from <= 0) return 1;
  const growth = Math.max(0, shift.to / shift.from - 1);
  return growth / (growth + SLOWER);
}

/** Each node's share of the time lost between and in spans, weighted by how much that is of all time. */
function lostShares(scene: Scene): [string, number][] {
  if (scene.loss === null) return [];
  const own = blameEdges(scene.loss.edges);
  for (const [node, lost] of scene.loss.self) own.set(node, (own.get(node) ?? 0) + lost);
  const total = [...own.values()].reduce((a, b) => a + b, 0);
  return [...own].map(([node, lost]) => [node, lost / (total + LOST_SHARE * scene.loss!.whole || 1)]);
}

/** Nodes whose calls moved; one whose caller's calls moved too merely gets other requests. */
function movedShares(scene: Scene): [string, number][] {
  const own = new Map(scene.mix.filter(({ line }) => !line).map((m) => [m.node, m.strength]));
  return [...own].map(([node, share]) => {
    const callers = scene.topology.callers.get(node) ?? [];
    return [node, share * (1 - Math.max(0, ...callers.map((c) => own.get(c) ?? 0)))];
  });
}

/** Nodes that left requests halfway; one whose callee did so as well was left halfway by it. */
function brokenShares(scene: Scene): [string, number][] {
  const own = new Map<string, number>();
  for (const { node, strength } of [...scene.flow, ...scene.mix.filter(({ line }) => line)])
    own.set(node, Math.max(own.get(node) ?? 0, strength));
  return [...own].map(([node, share]) => {
    const below = [...distances(node, scene.topology.callees)].map(([callee, calls]) =>
      calls === 0 ? 0 : (own.get(callee) ?? 0),
    );
    return [node, share * (1 - Math.max(0, ...below))];
  });
}

/** How large a resource's move is: the part of the new level that is new (rising), or of the old one that is gone; 10 % is nothing, 10 times is all. */
function effectOf({ shift }: Signal): number {
  if (shift === null) return 0;
  const [low, high] = [Math.min(shift.from, shift.to), Math.max(shift.from, shift.to)];
  return high <= 0 ? 0 : Math.min(1, (high - low) / high);
}
