import {
  correlation,
  createDependence,
  type Dependence,
  type PriorScores,
  addToRun,
  noteDependence,
  addToWindow,
  samplesBefore,
  weightOf,
} from "./dependence";
import { clamp } from "../base/stats";

/**
 * A yes-or-no stream (errors, retries, work that vanished): its usual rate, and the evidence that the rate rose.
 * The bets are likelihood ratios p1/p0 and (1 − p1)/(1 − p0) (the Bernoulli CUSUM of Reynolds & Stoumbos 1999) in
 * Shiryaev–Roberts form, so that they add up with the other lanes (see lane.ts).
 */
export interface RateLane {
  n: number;
  /** Yeses among the n. */
  k: number;
  r: number[];
  since: number;
  /** The rate lately, smoothed. */
  recent: number;
  dependence: Dependence;
  heldNo: number;
  heldYes: number;
}

export interface RateLoan {
  rate: number;
  /** Observations the loan counts for. */
  weight: number;
}

/** Jeffreys' prior: half a yes and half a no. */
const PRIOR_N = 1;
const PRIOR_K = 0.5;
const MEMORY = 4000;
/** Own samples before a rate is judged. */
const READABLE = 20;
/** Alternatives bet on: odds times three, odds times twelve, and nearly always. */
const ODDS = [3, 12] as const;
const NEARLY_ALWAYS = 0.97;
const WEIGHTS = [0.3, 0.35, 0.35] as const;
const SATURATION = 1e12;
const NOTHING = 2;
const DOUBT = 60;
/** As for the other lanes: see lane.ts. */
const HELD_MAX = 48;
const HELD_SHARE = 1 / 8;
/**
 * Posterior standard deviations added to a rate for its own error: as in lane.ts, h/(δ√n) with h/δ = CAUTION/√odds for the
 * smallest of the bets, and no more than CAUTION_MAX.
 */
const CAUTION = 7;
const CAUTION_MAX = 1.5;
/** No rate is believed to be lower: three yeses in a row need not be a fault, however long the record. */
const RATE_MIN = 0.003;

export const createRate = (loan: RateLoan | null = null): RateLane =>
  loan === null
    ? { n: 0, k: 0, r: [0, 0, 0], since: 0, recent: 0, dependence: createDependence(), heldNo: 0, heldYes: 0 }
    : {
        n: loan.weight,
        k: loan.rate * loan.weight,
        r: [0, 0, 0],
        since: 0,
        recent: 0,
        dependence: createDependence(),
        heldNo: 0,
        heldYes: 0,
      };

/** Usual rate, 0 to 1, exclusive. */
export const rateOf = (lane: RateLane) => (lane.k + PRIOR_K) / (lane.n + PRIOR_N);

const RECENT_GAIN = 0.25;

/** Place the bets of one observation; the lane's evidence, or null while too young. */
export function betRate(lane: RateLane, yes: boolean, run: PriorScores | null, learn: boolean): number | null {
  lane.recent += RECENT_GAIN * ((yes ? 1 : 0) - lane.recent);
  if (lane.n < READABLE) return null;
  const usual = usualFor(lane, yes, run, learn);
  const caution = Math.min(CAUTION_MAX, CAUTION / Math.sqrt((lane.n * usual) / (1 - usual)));
  const p0 = clamp(usual + caution * Math.sqrt((usual * (1 - usual)) / (lane.n + PRIOR_N + 1)), RATE_MIN, MOST);
  const odds = p0 / (1 - p0);
  let total = 0;
  if (p0 > RAISABLE) return 0;
  for (let i = 0; i < 3; i++) {
    const raised = i < 2 ? (odds * ODDS[i]!) / (1 + odds * ODDS[i]!) : Math.max(NEARLY_ALWAYS, p0);
    const e = yes ? raised / p0 : (1 - raised) / (1 - p0);
    const sum = Math.min((1 + lane.r[i]!) * e, SATURATION);
    lane.r[i] = sum;
    total += WEIGHTS[i]! * sum;
  }
  if (total < NOTHING) lane.since = 0;
  else lane.since++;
  return total;
}

/**
 * The rate to expect here: the usual one, moved towards that of the run so far as far as runs are known to differ (the
 * sequential prediction of a beta-binomial law). Takes note of the observation.
 */
function usualFor(lane: RateLane, yes: boolean, run: PriorScores | null, learn: boolean): number {
  const { dependence } = lane;
  const usual = rateOf(lane);
  const sd = Math.sqrt(usual * (1 - usual));
  const z = ((yes ? 1 : 0) - usual) / sd;
  const before = run ?? samplesBefore(dependence);
  const rho = correlation(dependence);
  const expected = rho > 0 && before.n > 0 ? usual + (weightOf(before, rho) * sd * before.sum) / before.n : usual;
  if (learn && rateEvidence(lane) < DOUBT) noteDependence(dependence, z, before);
  if (run === null) addToWindow(dependence, z);
  else addToRun(run, z);
  return clamp(expected, usual, MOST);
}

/** What is usual most of the time cannot become alarming by happening more often. */
const RAISABLE = 0.8;
/** A rate that was always one is still expected to fail now and then. */
const MOST = 0.95;

export function rateEvidence(lane: RateLane): number {
  return WEIGHTS[0] * lane.r[0]! + WEIGHTS[1] * lane.r[1]! + WEIGHTS[2] * lane.r[2]!;
}

/** The evidence for the rate being nearly one, alone. */
export const nearlyAlways = (lane: RateLane): number => lane.r[2]!;

/** Learn a judged observation, or hold it back while the lane is in doubt; beyond what may be held, an average part of it is learned. */
export function absorbRate(lane: RateLane, yes: boolean): void {
  const no = yes ? 0 : 1;
  if (lane.n < READABLE || rateEvidence(lane) < DOUBT) {
    add(lane, lane.heldNo + no, lane.heldYes + 1 - no);
    lane.heldNo = 0;
    lane.heldYes = 0;
    return;
  }
  lane.heldNo += no;
  lane.heldYes += 1 - no;
  const held = lane.heldNo + lane.heldYes;
  if (held <= Math.min(HELD_MAX, lane.n * HELD_SHARE)) return;
  const part = lane.heldYes / held;
  add(lane, 1 - part, part);
  lane.heldYes -= part;
  lane.heldNo -= 1 - part;
}

function add(lane: RateLane, no: number, yes: number): void {
  lane.n += no + yes;
  lane.k += yes;
  if (lane.n <= MEMORY) return;
  lane.k *= MEMORY / lane.n;
  lane.n = MEMORY;
}

export function resetRate(lane: RateLane): void {
  lane.r.fill(0);
  lane.since = 0;
  lane.heldNo = 0;
  lane.heldYes = 0;
}
