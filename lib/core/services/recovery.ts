import { median } from "simple-statistics";

/** One measured series that raised an incident, around an action. Times in epoch seconds, both lists in rising order. */
export interface Recovery {
  name: string;
  /** Before the onset, when all was well; may be empty. */
  normal: readonly (readonly [number, number])[];
  /** Between the onset and the action. */
  ill: readonly (readonly [number, number])[];
  /** Since the action was done and had time to work. */
  after: readonly (readonly [number, number])[];
  /** Fixed limits of the alert or signal; null where there are none. */
  upper: number | null;
  lower: number | null;
  /** The band that the watch holds to be usual, where it has one: whoever is within it would not have been noticed. */
  expected?: (Band & { mid: number }) | null;
  /** Why it could not be read now; left out when it could. */
  unread?: string;
}

export interface RecoveryPlan {
  /** Points that must be measured after the action before anything is said. */
  minPoints: number;
  /** The last of them that must all be back, in points. */
  settled: number;
  /** Nothing more is waited for. */
  deadline: boolean;
}

export type RecoveryVerdict =
  | { kind: "pending"; reason: string }
  | { kind: "recovered" | "no_effect" | "worse" | "cannot_tell"; reason: string };

/** Distances from the normal median, in its spreads, that still count as back: a robust three-sigma rule. */
const BACK_SPREADS = 3;
/** The share of the excursion that may be left: what is nine tenths of the way back, and within its limits, is back. */
const LEFT_OVER = 0.1;
/** Least spread that is believed, as a share of the median: a quiet hour must not make ordinary noise an outlier. */
const LEAST_SPREAD = 0.1;
/** Normal points below which the level before the onset says nothing. */
const MIN_NORMAL = 5;
/** Beyond this multiple of how far off it was before the action, it is worse. */
const WORSE = 1.5;
/** A median absolute deviation of normal noise times this is its standard deviation. */
const MAD_TO_SD = 1.4826;

export interface Band {
  low: number;
  high: number;
}

/**
 * Whether the measurements that raised an incident are back, asked of what was measured after the action and of nothing else.
 *
 * A series is back when each of its last `settled` points is within its fixed limits and, where enough of the time
 * before the onset is known, within median ± 3 robust standard deviations of it, nine tenths of the way back to it, or within the
 * band whose leaving would be noticed (a one-sided limit widens the band on its harmless side). A series without limits and without a known normal cannot be told. All series must be back: one that cannot
 * be read is waited for like one that is not measured, and named with its reason.
 * `worse` only at the deadline, so that the disturbance of a restart is not mistaken for its effect.
 */
export function judgeRecovery(series: readonly Recovery[], plan: RecoveryPlan): RecoveryVerdict {
  const told = series.map((one) => ({ one, state: judgeOne(one, plan) }));
  const by = (kind: ReturnType<typeof judgeOne>) => told.filter(({ state }) => state === kind).map(({ one }) => one);
  const names = (list: readonly Recovery[]) =>
    list.map(({ name, unread }) => (unread === undefined ? name : `${name} (could not be read: ${unread})`)).join(", ");
  const [back, off, silent, unknown] = [by("back"), by("off"), by("silent"), by("unknown")];
  if (series.length === 0 || unknown.length === series.length)
    return { kind: "cannot_tell", reason: "no measured signal could show recovery" };
  if (back.length > 0 && off.length === 0 && silent.length === 0)
    return { kind: "recovered", reason: `in band for ${plan.settled} points: ${names(back)}` };
  if (!plan.deadline)
    return {
      kind: "pending",
      reason: silent.length > 0 ? `not measured yet: ${names(silent)}` : `not recovered yet: ${names(off)}`,
    };
  if (silent.length > 0) return { kind: "cannot_tell", reason: `no data after the action: ${names(silent)}` };
  const worse = off.filter(isWorse);
  if (worse.length > 0) return { kind: "worse", reason: `further from normal than before the action: ${names(worse)}` };
  return { kind: "no_effect", reason: `still out of band: ${names(off)}` };
}

function judgeOne(one: Recovery, plan: RecoveryPlan): "back" | "off" | "silent" | "unknown" {
  if (one.unread !== undefined) return "silent";
  const band = bandOf(one);
  if (band === null) return "unknown";
  if (one.after.length < plan.minPoints) return "silent";
  return one.after.slice(-plan.settled).every(([, value]) => within(value, band)) ? "back" : "off";
}

const within = (value: number, { low, high }: Band): boolean => value >= low && value <= high;

/** Where the series belongs; null when neither a limit, nor enough of normal time, nor what the watch learned says. */
function bandOf({ normal, ill, upper, lower, expected = null }: Recovery): Band | null {
  const values = normal.map(([, value]) => value);
  const known = values.length >= MIN_NORMAL ? spreadOf(values) : null;
  const usual = known ?? (expected && { mid: expected.mid, sd: 0 });
  if (usual === null) {
    if (upper === null && lower === null) return null;
    return { low: lower ?? -Infinity, high: upper ?? Infinity };
  }
  const excursion = ill.length === 0 ? 0 : Math.abs(median(ill.map(([, value]) => value)) - usual.mid);
  const reach = Math.max(BACK_SPREADS * usual.sd, LEFT_OVER * excursion);
  // What rose has to come down again and may well fall below; what fell has to rise.
  const rose = ill.length === 0 ? upper !== null : median(ill.map(([, value]) => value)) >= usual.mid;
  const low = Math.min(usual.mid - reach, expected?.low ?? Infinity);
  const high = Math.max(usual.mid + reach, expected?.high ?? -Infinity);
  return {
    low: Math.max(lower ?? -Infinity, rose && lower === null ? -Infinity : low),
    high: Math.min(upper ?? Infinity, !rose && upper === null ? Infinity : high),
  };
}

function spreadOf(values: readonly number[]): { mid: number; sd: number } {
  const mid = median([...values]);
  const mad = median(values.map((value) => Math.abs(value - mid)));
  return { mid, sd: Math.max(mad * MAD_TO_SD, LEAST_SPREAD * Math.abs(mid)) };
}

function isWorse(one: Recovery): boolean {
  const band = bandOf(one);
  if (band === null || one.ill.length === 0 || one.after.length === 0) return false;
  const distance = (points: Recovery["ill"]): number =>
    median(
      points.map(([, value]) => (value > band.high ? value - band.high : value < band.low ? band.low - value : 0)),
    );
  return distance(one.after) > WORSE * Math.max(distance(one.ill), Number.MIN_VALUE);
}
