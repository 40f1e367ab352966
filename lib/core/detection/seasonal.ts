import type { FewValued } from "./few-valued";

/**
 * What a gauge (a number of unknown meaning: load, temperature, requests) should be right now. Several plain forecasters
 * run side by side and the one with the smallest recent error speaks: the last value, a smoothed one, the usual value at this
 * hour of a working day or weekend, and that usual value shifted by how far the last sample was off it. Following the best
 * of a few simple forecasters is as good as the best of them but for a term that vanishes (Cesa-Bianchi & Lugosi 2006).
 */
export interface Forecast {
  n: number;
  last: number;
  smooth: number;
  /** Slow level and mean distance from it, for scale. */
  level: number;
  spread: number;
  /** Usual value by hour, working days first, then weekends; and how many samples each rests on. */
  profile: number[];
  counts: number[];
  /** Slots of the profile that were seen at all. */
  hours: number;
  /** Profile's value at the last sample, or null if it had none. */
  lastUsual: number | null;
  /** Mean absolute errors of the forecasters, in the order of {@link forecasts}. */
  errors: number[];
  /** Samples for which the gauge stays mute after an alarm. */
  mute: number;
  /** Level of that alarm. */
  told: 0 | 1 | 2;
  /** Smoothed error of the forecast. */
  drift: number;
  /** Mean absolute error of the slow level, that a profile has to beat. */
  levelError: number;
  /** Set while its meaning is unknown and it has taken few values only. */
  few?: FewValued | null;
}

const HOURS = 24;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-01 was a Thursday: days since then, plus this, modulo 7, is 0 on Mondays. */
const THURSDAY = 3;
const SATURDAY = 5;
const SMOOTH_GAIN = 0.2;
const LEVEL_GAIN = 0.005;
const ERROR_GAIN = 0.01;
const PROFILE_GAIN = 0.03;
/** A profile is used once it was learned for this many hours of the day. */
const PROFILE_READY = 20;
/** A profile must explain at least this much of the distance from the level, or the times show no season. */
const SEASON_SHARE = 0.75;

export const createForecast = (): Forecast => ({
  n: 0,
  last: 0,
  smooth: 0,
  level: 0,
  spread: 0,
  profile: Array.from({ length: 2 * HOURS }, () => 0),
  counts: Array.from({ length: 2 * HOURS }, () => 0),
  hours: 0,
  lastUsual: null,
  errors: [0, 0, 0, 0],
  mute: 0,
  told: 0,
  drift: 0,
  levelError: 0,
});

/** Place of a moment in the profile (UTC). */
function slot(at: number): number {
  const day = (Math.floor(at / DAY_MS) + THURSDAY) % 7;
  const hour = Math.floor((((at % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS);
  return hour + (day >= SATURDAY ? HOURS : 0);
}

function usualAt(f: Forecast, at: number): number | null {
  const i = slot(at);
  const other = (i + HOURS) % (2 * HOURS);
  if (f.counts[i]! > 0) return f.profile[i]!;
  return f.counts[other]! > 0 ? f.profile[other]! : null;
}

function forecasts(f: Forecast, usual: number | null): (number | null)[] {
  return [f.last, f.smooth, usual, usual === null || f.lastUsual === null ? null : usual + f.last - f.lastUsual];
}

/** Forecast for the moment `at`: the value expected next, and what is usual at that hour (the level, without a season). */
export function forecast(f: Forecast, at: number): { next: number; usual: number | null; seasonal: boolean } {
  const usual = usualAt(f, at);
  let next = f.last;
  let least = f.errors[0]!;
  forecasts(f, usual).forEach((guess, i) => {
    if (guess !== null && f.errors[i]! < least && (i < 2 || f.hours >= PROFILE_READY)) {
      least = f.errors[i]!;
      next = guess;
    }
  });
  const seasonal = usual !== null && f.errors[2]! < SEASON_SHARE * f.levelError;
  return { next, usual, seasonal };
}

/** Take in the value at `at`. `learn` false leaves level and profile as they are (something is wrong), but follows the last value. */
export function addToRun(f: Forecast, at: number, x: number, learn: boolean): void {
  const usual = usualAt(f, at);
  if (f.n === 0) {
    f.smooth = x;
    f.level = x;
  } else if (learn) {
    const gain = Math.max(ERROR_GAIN, 1 / f.n);
    forecasts(f, usual).forEach((guess, i) => {
      f.errors[i]! += gain * (Math.abs(x - (guess ?? f.level)) - f.errors[i]!);
    });
    f.levelError += gain * (Math.abs(x - f.level) - f.levelError);
    f.spread += gain * (Math.abs(x - f.level) - f.spread);
  }
  f.n++;
  if (learn) {
    f.level += Math.max(LEVEL_GAIN, 1 / f.n) * (x - f.level);
    const i = slot(at);
    if (f.counts[i]!++ === 0) f.hours++;
    f.profile[i]! += Math.max(PROFILE_GAIN, 1 / f.counts[i]!) * (x - f.profile[i]!);
  }
  f.lastUsual = usual;
  f.last = x;
  f.smooth += SMOOTH_GAIN * (x - f.smooth);
}
