import { GRID_Z, type Reading } from "./sketch";
import { tailNats } from "../base/stats";

/**
 * How surprising a gauge's value is, as −ln p of an exponential tail: peaks over a threshold (Pickands 1975) with the shape
 * at 0. Its rate is read between the median and the quantile at z = 1.25 (about .89): up to a tenth of the values may be
 * faults and move nothing. Only where there are many values is the tail's own slope, up to z = 1.9 (.97), believed if it
 * is flatter: its quantile needs about thirty values beyond it, that is {@link TAIL_FROM} in all, as the initial sample of
 * SPOT (Siffer et al. 2017).
 */
const TAIL_FROM = 1_000;
/** A side's own scale, and what the other side lends it: one that never moved that way is not endlessly narrow. */
const OWN = 0.8;

const CENTRE = 4;
const NATS = GRID_Z.map((z) => tailNats(Math.abs(z)));
const BODY_NATS = NATS[CENTRE + 2]! - NATS[CENTRE]!;
const TAIL_NATS = NATS[CENTRE + 3]! - NATS[CENTRE + 2]!;
const EDGE_NATS = NATS[CENTRE + 4]! - NATS[CENTRE + 3]!;

/** Nats of `y` against these quantiles, at least ln 2. `correlated`: values hang together over hours, so the outermost slope counts as well, and soon. */
export function gaugeNats({ q, n }: Reading, y: number, correlated = false): number {
  const centre = q[CENTRE]!;
  const side = y > centre ? 1 : -1;
  const at = (steps: number) => Math.abs(q[CENTRE + steps]! - centre);
  const body = (OWN * at(2 * side) + (1 - OWN) * at(-2 * side)) / BODY_NATS;
  const tail = (at(3 * side) - at(2 * side)) / TAIL_NATS;
  const edge = correlated ? (at(4 * side) - at(3 * side)) / EDGE_NATS : 0;
  const trust = correlated ? n / (n + CORRELATED_TRUST) : Math.max(0, 1 - TAIL_FROM / n);
  const scale = body + trust * Math.max(0, Math.max(tail, edge) - body);
  return Math.min(Math.LN2 + Math.abs(y - centre) / scale, NATS_MAX);
}

/** More are counted as so many: a gauge that never moved has next to no scale. */
const NATS_MAX = 1e5;
/** As much as the outer spacing of any sketch needs (see sketch.ts). */
const CORRELATED_TRUST = 300;
