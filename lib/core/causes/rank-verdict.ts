import { quantileSorted } from "simple-statistics";
import type { RankedNode } from "../evidence/bundle";
import { natureOf } from "./metric-kinds";
import type { Scene } from "./rank-scene";
import type { Signal } from "./rank-signals";

/** How badly the target, or somebody it depends on, stands. */
export interface Standing {
  /** Nats against "all is as in normal time", from metrics. */
  nats: number;
  /** How sure and how serious what spans show is, 0 to 1. */
  traced: number;
  /** Whether it could be told at all. */
  measured: boolean;
}

/** Windows of normal time below which "as usual" cannot be said. */
const NORMAL_MIN = 12;

const isLoad = (s: Signal) =>
  s.nature.kind === "latency" || s.nature.kind === "error" || s.nature.kind === "availability";

/** The target's own series: those the alert is about, else its latency and failures, else whatever it has. */
export function symptomsOf(scene: Scene): Signal[] {
  const own = scene.signals.filter((s) => s.node === scene.target.node && s.normal.length > 0);
  if (scene.target.metric !== undefined) {
    const exact = own.filter((s) => s.metric === scene.target.metric);
    if (exact.length > 0) return exact;
    const about = natureOf(scene.target.metric).kind;
    const alike = own.filter((s) => s.nature.kind === about);
    if (alike.length > 0) return alike;
  }
  const loads = own.filter(isLoad);
  return loads.length > 0 ? loads : own.filter((s) => s.nature.kind !== "traffic");
}

/**
 * Whether anything is wrong, in nats: the evidence of the target's own series, less what looking at several of them finds by
 * chance (Bonferroni); that of the nodes behind it, less what looking at all of them finds; both together (Fisher's method);
 * and what spans show.
 */
export function standingOf(scene: Scene): Standing {
  const symptoms = symptomsOf(scene);
  const own = corrected(symptoms, symptoms.length);
  const behind: Signal[] = [];
  for (const node of scene.topology.distance.keys()) {
    if (node === scene.target.node) continue;
    const load = scene.loads.get(node);
    for (const s of [load?.latency, load?.failures]) if (s != null) behind.push(s);
  }
  const others = corrected(behind, behind.length);
  const both = own + others;
  let nats = Math.max(others, both - Math.log(1 + both));
  for (const s of scene.silent)
    if (scene.topology.distance.has(s.node)) nats = Math.max(nats, s.nats - Math.log(scene.loads.size + 1));
  return {
    nats,
    traced: scene.loss === null ? 0 : tracedSuffering(scene),
    measured: scene.loss !== null || symptoms.some((s) => s.points.length > 0 && s.normal.length >= NORMAL_MIN),
  };
}

/** The strongest evidence of some series, corrected for so many independent looks. */
const corrected = (signals: readonly Signal[], looks: number) =>
  Math.max(0, Math.max(0, ...signals.map((s) => (matters(s) ? s.shift!.nats : 0))) - Math.log(Math.max(1, looks)));

/** Values below this share of normal time's are what normal time holds all the time. */
const USUAL = 0.95;

/**
 * Whether a shift is a change that anybody would mind: over an hour, a level that moved by a few per cent is beyond doubt and still
 * where normal time is one value in twenty. Significance is not size.
 */
function matters({ shift, normal }: Signal): boolean {
  if (shift === null) return false;
  const sorted = normal.toSorted((a, b) => a - b);
  const [low, high] = [quantileSorted(sorted, 1 - USUAL), quantileSorted(sorted, USUAL)];
  return shift.direction === "up" ? shift.to > high : shift.to < low;
}

/** Time lost, or calls moved, as far as it is sure and matters to the whole. */
function tracedSuffering({ loss, mix }: Scene): number {
  if (loss === null) return 0;
  let most = 0;
  const lost = [...loss.self.values()].reduce((a, b) => a + b, 0) + loss.edges.reduce((a, e) => a + e.lost, 0);
  const sure = Math.max(0, ...loss.grown.values(), ...loss.edges.map((e) => e.strength));
  if (loss.whole > 0) most = sure * (lost / (lost + SERIOUS * loss.whole));
  for (const m of mix) most = Math.max(most, m.strength);
  return most;
}

/** Share of all time lost that is half a fault. */
const SERIOUS = 0.1;

/** A fault is what normal time shows less often than in one look of two hundred: an alert that is false is looked at like any other, and a fault claimed of what is well costs trust; what it shows in more than one of ten is none. */
const FAULT_NATS = Math.log(200);
const WELL_NATS = Math.log(10);
const FAULT_TRACED = 0.5;
const WELL_TRACED = 0.25;

/** A suspect that scores so much stands against "no fault", whatever the target says. */
const SUSPECT = 0.5;

export type Verdict = "fault" | "no_fault" | "unknown";

/** `best` is the score of the first suspect. */
export function verdictOf({ nats, traced, measured }: Standing, best: number): Verdict {
  if (nats >= FAULT_NATS || traced >= FAULT_TRACED) return "fault";
  return measured && nats < WELL_NATS && traced < WELL_TRACED && best < SUSPECT ? "no_fault" : "unknown";
}

/** Weight of "none of these" among the squared scores: a lone weak suspect is not a sure one. */
const NONE = 0.15;

/** How much of a ranking's confidence is left when it is not sure that there is anything to rank. */
const BELIEF: Record<Verdict, number> = { fault: 1, unknown: 0.75, no_fault: 0.3 };
const CONFIDENCE_MAX = 0.97;

/**
 * Confidences of scored nodes: their part of the evidence, nobody's included, sharpened since rivals rarely tie; less where it
 * is doubtful that anything is wrong; never certain.
 */
export function confidences(
  scored: readonly { node: string; score: number }[],
  verdict: Verdict,
): Pick<RankedNode, "node" | "score" | "confidence">[] {
  const sum = scored.reduce((total, { score }) => total + score * score, NONE * NONE);
  return scored.map(({ node, score }) => ({
    node,
    score,
    confidence: BELIEF[verdict] * Math.min(CONFIDENCE_MAX, (score * score) / sum),
  }));
}
