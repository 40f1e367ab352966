import type { DetectorState } from "./detector-state";
import { leastShare } from "./loop-detection";
import { REPEAT_KINDS, type RepeatKind } from "./repetition";
import type { RateLoan } from "./rate";
import { GRID_Z, type Loan } from "./sketch";
import { clamp, middle } from "../base/stats";

/** What one agent tells about its kind: quantiles and rates by `class/metric`, only where it has learned enough. */
export interface PeerSummary {
  lanes: Record<string, number[]>;
  rates: Record<string, number>;
  /** Shares of repeats that are in the nature of its runs. */
  repeats?: Partial<Record<RepeatKind, number>>;
}

/** What a cold agent of a type borrows from its peers. */
export interface TypePrior {
  lanes: Record<string, Loan>;
  rates: Record<string, RateLoan>;
  repeats?: Partial<Record<RepeatKind, number>>;
}

/** Values a peer's baseline must hold before it speaks for its kind. */
const PEER_N = 60;
/** Peers needed: the median of three cannot be moved far by one. */
const PEERS_MIN = 3;
/** Most own values that a borrowed centre may weigh, however alike the peers are. */
const CENTRE_WEIGHT_MAX = 10;
/** Observations a borrowed rate counts for. */
const RATE_WEIGHT = 30;
const CENTRE = (GRID_Z.length - 1) / 2;
/** MAD of a normal law in sd. */
const MAD_SD = 0.6745;

export function summarise(state: DetectorState): PeerSummary {
  const summary: PeerSummary = { lanes: {}, rates: {} };
  for (const [kind, key] of Object.entries(state.latest)) {
    const stratum = state.strata[key];
    if (stratum === undefined) continue;
    for (const [metric, lane] of Object.entries(stratum.lanes)) {
      if (lane.sketch.n >= PEER_N && lane.sketch.q.length > 0) summary.lanes[`${kind}/${metric}`] = [...lane.sketch.q];
    }
    for (const [name, lane] of Object.entries(stratum.rates)) {
      if (lane.n >= PEER_N) summary.rates[`${kind}/${name}`] = lane.k / lane.n;
    }
  }
  for (const by of REPEAT_KINDS) {
    const share = leastShare(state, by, null);
    if (share !== null) summary.repeats = { ...summary.repeats, [by]: share };
  }
  return summary;
}

/**
 * The prior of a type: medians over its peers of every quantile's distance from the centre, and of the centres. The more
 * the peers' centres differ, the less theirs counts against the newcomer's own (the shrinkage of a normal hierarchical
 * model). Medians keep one poisoned peer from moving it. Null with fewer than three peers.
 */
export function buildPrior(peers: PeerSummary[]): TypePrior | null {
  if (peers.length < PEERS_MIN) return null;
  const prior: TypePrior = { lanes: {}, rates: {} };
  for (const key of keysOf(peers.map((p) => p.lanes))) {
    const known = peers.map((p) => p.lanes[key]).filter((q) => q !== undefined);
    if (known.length < PEERS_MIN) continue;
    const centres = known.map((q) => q[CENTRE]!);
    const centre = middle(centres);
    const q = GRID_Z.map((_, i) => centre + middle(known.map((own) => own[i]! - own[CENTRE]!)));
    const between = middle(centres.map((c) => Math.abs(c - centre))) / MAD_SD;
    const within = (q[CENTRE + 2]! - q[CENTRE - 2]!) / (GRID_Z[CENTRE + 2]! - GRID_Z[CENTRE - 2]!);
    prior.lanes[key] = { q, centreWeight: clamp((within / between) ** 2, 0, CENTRE_WEIGHT_MAX) };
  }
  for (const key of keysOf(peers.map((p) => p.rates))) {
    const known = peers.map((p) => p.rates[key]).filter((rate) => rate !== undefined);
    if (known.length >= PEERS_MIN) prior.rates[key] = { rate: middle(known), weight: RATE_WEIGHT };
  }
  for (const by of REPEAT_KINDS) {
    const known = peers.map((p) => p.repeats?.[by]).filter((share) => share !== undefined);
    if (known.length >= PEERS_MIN) prior.repeats = { ...prior.repeats, [by]: middle(known) };
  }
  return prior;
}

const keysOf = (records: Record<string, unknown>[]) => [...new Set(records.flatMap((r) => Object.keys(r)))];
