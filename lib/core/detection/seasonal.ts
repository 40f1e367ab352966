import type { Excursions } from "./excursions";
import type { FewValued } from "./few-valued";

/**
 * What a gauge (a number of unknown meaning: load, temperature, requests) has been lately and usually: its usual value by
 * hour of a working day or weekend, where the data show a season; its last values; and a smoothed mean over hours.
 */
export interface Forecast {
  n: number;
  /** Slow level and mean distance from it, for scale. */
  level: number;
  spread: number;
  /** Usual value by hour, working days first, then weekends; and how many samples each rests on. */
  profile: number[];
  counts: number[];
  /** Mean absolute error of the profile, and of the slow level that it has to beat. */
  seasonError: number;
  levelError: number;
  /** The last values, oldest first. */
  recent: number[];
  /** The mean over the last {@link MEAN_MS}, smoothed. */
  mean: number;
  /** Samples that the mean has seen. */
  means: number;
  lastAt: number | null;
  /** The last distances in time, in ms: their median is the sampling interval. */
  intervals: number[];
  /** What it was told for, one value at a time and over hours. */
  sudden: Excursions;
  slow: Excursions;
  /** Set while its meaning is unknown and it has taken few values only. */
  few?: FewValued | null;
}

const HOURS = 24;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-01 was a Thursday: days since then, plus this, modulo 7, is 0 on Mondays. */
const THURSDAY = 3;
const SATURDAY = 5;
const LEVEL_GAIN = 0.005;
const ERROR_GAIN = 0.01;
const PROFILE_GAIN = 0.03;
/** A profile must explain at least this much of the distance from the level, or the times show no season. */
const SEASON_SHARE = 0.75;
/** Last values kept: a day of hourly samples, two hours of five-minute ones. */
const RECENT = 24;
/** A mean over so long shows what single values do not. */
export const MEAN_MS = 3 * HOUR_MS;
/** Odd, so that one pause or burst moves no median. */
const INTERVALS = 15;
/** Samples of the same moment (a file without times, a backlog) are taken for this far apart. */
const INTERVAL_MIN_MS = 1_000;

export const createForecast = (): Forecast => ({
  n: 0,
  level: 0,
  spread: 0,
  profile: Array.from({ length: 2 * HOURS }, () => 0),
  counts: Array.from({ length: 2 * HOURS }, () => 0),
  seasonError: 0,
  levelError: 0,
  recent: [],
  mean: 0,
  means: 0,
  lastAt: null,
  intervals: [],
  sudden: { at: null, height: 0, past: [] },
  slow: { at: null, height: 0, past: [] },
});

/** What an older version kept: level, season and scale are still true, the rest is begun anew. */
export function upgraded(f: Forecast & { errors?: number[] }): Forecast {
  if (f.recent !== undefined) return f;
  const { n, level, spread, profile, counts, levelError, few, errors } = f;
  const kept = { n, level, spread, profile, counts, levelError, few };
  return { ...createForecast(), ...kept, seasonError: errors?.[2] ?? levelError };
}

/** Place of a moment in the profile (UTC). */
function slot(at: number): number {
  const day = (Math.floor(at / DAY_MS) + THURSDAY) % 7;
  const hour = Math.floor((((at % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS);
  return hour + (day >= SATURDAY ? HOURS : 0);
}

/** What is usual at the moment `at` (null: this hour was never seen), and whether the times show a season at all. */
export function forecast(f: Forecast, at: number): { usual: number | null; seasonal: boolean } {
  const i = slot(at);
  const other = (i + HOURS) % (2 * HOURS);
  const known = f.counts[i]! > 0 ? i : f.counts[other]! > 0 ? other : null;
  const usual = known === null ? null : f.profile[known]!;
  return { usual, seasonal: usual !== null && f.seasonError < SEASON_SHARE * f.levelError };
}

/** Note a sample's time. Returns the sampling interval in ms, by the last samples; null at the first one. */
export function intervalAt(f: Forecast, at: number): number | null {
  if (f.lastAt !== null) keep(f.intervals, Math.max(at - f.lastAt, INTERVAL_MIN_MS), INTERVALS);
  f.lastAt = at;
  if (f.intervals.length === 0) return null;
  const sorted = [...f.intervals].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** Take in the value at `at`. `learn` false leaves level and season as they are (something is wrong), but follows the last values. */
export function addToRun(f: Forecast, at: number, x: number, learn: boolean): void {
  const { usual } = forecast(f, at);
  if (f.n === 0) {
    f.level = x;
  } else if (learn) {
    const gain = Math.max(ERROR_GAIN, 1 / f.n);
    f.seasonError += gain * (Math.abs(x - (usual ?? f.level)) - f.seasonError);
    f.levelError += gain * (Math.abs(x - f.level) - f.levelError);
    f.spread += gain * (Math.abs(x - f.level) - f.spread);
  }
  f.n++;
  if (learn) {
    f.level += Math.max(LEVEL_GAIN, 1 / f.n) * (x - f.level);
    const i = slot(at);
    f.counts[i]!++;
    f.profile[i]! += Math.max(PROFILE_GAIN, 1 / f.counts[i]!) * (x - f.profile[i]!);
  }
  keep(f.recent, x, RECENT);
}

function keep(list: number[], value: number, most: number): void {
  list.push(value);
  if (list.length > most) list.shift();
}
