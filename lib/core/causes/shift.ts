import { mean, medianSorted, quantileSorted } from "simple-statistics";

/** How far a series has left its normal, in the direction that hurts or in the worse of both. */
export interface Shift {
  /** Evidence against "as in normal time", in nats; 0: nothing. Comparable between series. */
  nats: number;
  direction: "up" | "down";
  /** Normal's middle, and the mean of the run of points that left it. */
  from: number;
  to: number;
  /** First point of that run, as an index into the observed values. */
  start: number;
}

/** Fewer normal values than this say nothing of what is normal. */
const NORMAL_MIN = 3;
/** From so many windows of normal time on, their own statistic is the yardstick; below, a heavy-tailed law is assumed. */
const WINDOWS_MIN = 20;
/** Windows of normal time compared with at most; more would not sharpen a p value that matters. */
const WINDOWS_MAX = 1000;
/** Standard deviations a point has to be away to speak for a shift rather than against it (CUSUM's allowance for a shift of two). */
const ALLOWANCE = 1;
/** A single point counts for no more than this many standard deviations: one freak cannot outweigh a run. */
const POINT_MAX = 40;
/** Shape of the tail assumed beyond the worst that normal time has shown (generalised Pareto; heavier than any exponential tail). */
const TAIL_SHAPE = 0.5;
/** Degrees of freedom at most where a law has to be assumed: operational metrics have tails like Student's t with few of them. */
const FREEDOM_MAX = 4;
/** A spread below this share of the level is not believed where there are few values to learn it from. */
const SPREAD_MIN_FEW = 0.1;
/** … and where there are many. */
const SPREAD_MIN = 0.01;

/**
 * Scans the observed values for the contiguous run that is farthest from normal (maximum-sum segment over robust z minus an
 * allowance, the scan form of Page's CUSUM), and asks how often a stretch of normal time of the same length holds such a run:
 * a conformal p value on sliding windows, valid for autocorrelated and heavy-tailed series alike. Beyond the worst normal
 * window the tail is extrapolated with a generalised Pareto law (Siffer et al., KDD 2017). `ratio` judges on the logarithmic
 * scale (times, counts, sizes); `grain` is the smallest move that matters; of a share, `whole` is what all of it is, so that
 * 99.9 % of success is known as precisely as 0.1 % of failure. Null where there is nothing to compare.
 */
export function shiftOf(
  observed: readonly number[],
  normal: readonly number[],
  bad: "up" | "down" | "both",
  { ratio, grain, whole }: { ratio: boolean; grain: number; whole?: number },
): Shift | null {
  if (observed.length === 0 || normal.length < NORMAL_MIN) return null;
  const center = medianOf(normal);
  const floor = Math.max(grain, 0.01 * Math.abs(center), Number.MIN_VALUE);
  const logged = ratio && normal.every((x) => x >= 0) && observed.every((x) => x >= 0);
  const scaled = logged ? (x: number) => Math.log(x + floor) : (x: number) => x;
  const base = normal.map(scaled);
  const at = scaled(center);
  const level = Math.min(Math.abs(center), whole === undefined ? Number.POSITIVE_INFINITY : Math.abs(whole - center));
  const scale = spread(base, at, logged ? 1 : level, logged ? 0 : grain);
  const z = (x: number) => (scaled(x) - at) / scale;
  const seen = observed.map(z);
  const zs = normal.map(z);
  const one = (sign: 1 | -1): Shift => {
    const run = worstRun(seen, sign);
    const values = observed.slice(run.start, run.end);
    return {
      nats: run.sum <= 0 ? 0 : surprise(run, zs, observed.length, sign),
      direction: sign > 0 ? "up" : "down",
      from: center,
      to: values.length > 0 ? mean(values) : medianOf(observed),
      start: run.start,
    };
  };
  if (bad === "up") return one(1);
  if (bad === "down") return one(-1);
  const up = one(1);
  const down = one(-1);
  const worse = up.nats >= down.nats ? up : down;
  return { ...worse, nats: Math.max(0, worse.nats - Math.LN2) };
}

/** MAD as a standard deviation; where more than half of the values agree, the mean distance; never below what is believable. */
function spread(values: readonly number[], center: number, level: number, grain: number): number {
  const away = values.map((x) => Math.abs(x - center));
  const mad = 1.4826 * medianOf(away);
  const believable = (values.length < WINDOWS_MIN ? SPREAD_MIN_FEW : SPREAD_MIN) * level;
  return Math.max(mad > 0 ? mad : 1.2533 * mean(away), believable, grain, Number.MIN_VALUE);
}

interface Run {
  sum: number;
  start: number;
  end: number;
}

function worstRun(z: readonly number[], sign: 1 | -1): Run {
  let best: Run = { sum: 0, start: 0, end: 0 };
  let sum = 0;
  let start = 0;
  for (let i = 0; i < z.length; i++) {
    if (sum <= 0) {
      sum = 0;
      start = i;
    }
    sum += Math.min(sign * z[i]!, POINT_MAX) - ALLOWANCE;
    if (sum > best.sum) best = { sum, start, end: i + 1 };
  }
  return best;
}

/** The sum of the worst run in a stretch; what {@link worstRun} finds, without where. */
function worstSum(z: readonly number[], sign: 1 | -1, from: number, to: number): number {
  let best = 0;
  let sum = 0;
  for (let i = from; i < to; i++) {
    sum = Math.max(0, sum) + Math.min(sign * z[i]!, POINT_MAX) - ALLOWANCE;
    if (sum > best) best = sum;
  }
  return best;
}

/** Ascending copy; typed arrays sort numbers several times faster than a comparison does. */
const sortedOf = (values: readonly number[]): number[] => Array.from(Float64Array.from(values).sort());

const medianOf = (values: readonly number[]) => medianSorted(sortedOf(values));

function surprise(run: Run, normal: readonly number[], length: number, sign: 1 | -1): number {
  const windows = normal.length - length + 1;
  if (windows < WINDOWS_MIN) {
    const freedom = Math.min(FREEDOM_MAX, normal.length - 1);
    const points = run.end - run.start;
    const z = run.sum / points + ALLOWANCE;
    return ((freedom + 1) / 2) * Math.log(1 + (z * z * Math.sqrt(points)) / freedom);
  }
  const step = Math.ceil(windows / WINDOWS_MAX);
  const drawn: number[] = [];
  for (let i = 0; i < windows; i += step) drawn.push(worstSum(normal, sign, i, i + length));
  const sums = sortedOf(drawn);
  const worst = sums.at(-1)!;
  const reached = sums.filter((s) => s >= run.sum).length;
  const rare = Math.log((sums.length + 1) / (reached + 1));
  if (run.sum <= worst) return rare;
  const tail = Math.max(worst - quantileSorted(sums, 0.9), length);
  return rare + Math.log(1 + (TAIL_SHAPE * (run.sum - worst)) / tail) / TAIL_SHAPE;
}
