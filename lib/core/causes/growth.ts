import { median } from "simple-statistics";
import type { Bundle, Series } from "../evidence/bundle";
import { fromTo, measure } from "../base/amounts";
import { natureOf } from "./metric-kinds";
import type { WeightedEvidence } from "./weighted-evidence";

/** A level that only ever rises: over how long, from what to what. */
export interface Growth {
  series: Series;
  /** When it began to rise, epoch seconds, give or take `within`. */
  since: number;
  within: number;
  from: number;
  to: number;
  /** 0 to 1. */
  strength: number;
}

/** Medians of so many stretches of time stand for a series: scrapes that were missed, outliers and the noise of one scrape fall out. */
const STRETCHES = 24;
/** Fewer than this rise by chance: seven medians in rising order come about once in 7! = 5,040 orders. */
const RISING_MIN = 7;
/** A rise is told from noise when it is so many times what is left around it. */
const CLEAR = 6;
/** What is kept grows past what is needed: less than this factor is a working set that moves with the load. */
const GROWN = 1.25;
/** So many times the spare room of a working set is all the room there is. */
const FULL_GROWTH = 3;
/** How long it has to have gone on, in seconds: a step that was caught half way is no trend. */
const LASTS_S = 20 * 60;
/** A level that takes more than this share of its way at once has stepped. */
const STEP = 0.4;
/** A rise has begun once it has come this share of its way. */
const LEAVES = 0.05;
/** Medians may fall by this share of the rise and it goes on: a collector gives some back. */
const DIPS = 0.15;

/**
 * Whether a series rises without an end, up to now: the longest stretch of rising medians that ends with the series (Mann 1945's idea of a
 * monotonic trend, on block medians, with room for dips). Null for what is level, what has levelled off, and what is too short.
 */
export function growthOf(series: Series): Growth | null {
  const { points } = series;
  const [first, last] = [points[0]?.[0], points.at(-1)?.[0]];
  if (first === undefined || last === undefined || last - first < LASTS_S) return null;
  const span = (last - first) / STRETCHES;
  const blocks: { t: number; value: number }[] = [];
  for (let i = 0; i < STRETCHES; i++) {
    const within = points.filter(([t]) => t >= first + i * span && (t < first + (i + 1) * span || i === STRETCHES - 1));
    if (within.length > 0) blocks.push({ t: first + i * span, value: median(within.map(([, value]) => value)) });
  }
  const end = blocks.at(-1);
  if (end === undefined) return null;
  // Back in time, as long as it keeps falling; what counts as a dip is a share of all the way that the series has come.
  const dip = DIPS * (end.value - Math.min(...blocks.map(({ value }) => value)));
  let start = blocks.length - 1;
  let lowest = end.value;
  let low = start;
  for (let i = blocks.length - 2; i >= 0; i--) {
    const { value } = blocks[i]!;
    if (value < lowest) [lowest, low] = [value, i];
    else if (value - lowest > dip) break;
    start = i;
  }
  start = Math.max(start, low);
  const rise = end.value - lowest;
  // Its beginning is where it leaves its lowest level for good.
  while (start + 1 < blocks.length && blocks[start + 1]!.value <= lowest + LEAVES * rise) start += 1;
  const run = blocks.slice(start);
  if (run.length < RISING_MIN || end.t + span - run[0]!.t < LASTS_S || rise <= 0) return null;
  const still = run.slice(-Math.ceil(run.length / 4));
  if (still.at(-1)!.value - still[0]!.value < (rise * (still.length - 1)) / (4 * (run.length - 1))) return null;
  const steps = run.slice(1).map(({ value }, i) => value - run[i]!.value);
  if (Math.max(...steps) > STEP * rise) return null;
  const residual = median(run.slice(1).map(({ value }, i) => Math.abs(value - run[i]!.value - rise / (run.length - 1))));
  if (rise < CLEAR * residual || end.value < GROWN * Math.max(lowest, Number.MIN_VALUE)) return null;
  const strength = Math.min(1, 0.5 + (0.5 * (end.value / Math.max(lowest, Number.MIN_VALUE) - GROWN)) / (FULL_GROWTH - GROWN));
  return { series, since: run[0]!.t, within: span, from: lowest, to: end.value, strength };
} // prettier-ignore

const MEMORY = /mem|heap|rss|working_set/i;

/** Evidence with the growth that it was read from. */
export interface GrowthEvidence extends WeightedEvidence {
  growth: Growth;
}

/**
 * What only grows, as evidence: memory that is kept, connections, handles and disks that fill. Normal time is taken in: a leak is older than its
 * alert, and may be in all that there is. Requests that grow are load, and say nothing of this.
 */
export function growthEvidence({ metrics, normal }: Bundle): GrowthEvidence[] {
  const whole = metrics.map((series) => {
    const before = normal.metrics.find(({ node, metric }) => node === series.node && metric === series.metric);
    const first = series.points[0]?.[0] ?? Infinity;
    // Only what came right before: yesterday's level is no part of today's course.
    const own = (before?.points ?? []).filter(([t]) => t < first);
    const gap = first - (own.at(-1)?.[0] ?? -Infinity);
    return gap <= LASTS_S ? { ...series, points: [...own, ...series.points] } : series;
  });
  return whole
    .filter(({ metric, unit }) => natureOf(metric, unit).kind === "resource" && natureOf(metric, unit).bad === "up")
    .flatMap((series) => growthOf(series) ?? [])
    .toSorted((a, b) => b.strength - a.strength)
    .map((growth, i): GrowthEvidence => {
      const { series: { node, metric, unit }, since, from, to, strength } = growth;
      return {
        growth,
        finding: {
          id: `g${i + 1}`,
          kind: "metric_shift",
          node,
          at: since,
          strength,
          text: `${node} ${metric} has grown without pause since ${new Date(since * 1_000).toISOString().slice(0, 16)}Z: ${fromTo(from, to, unit, measure)}`,
        },
        weight: strength,
        affinity: MEMORY.test(metric) ? { memory_leak: 1.6, resource_exhaustion: 0.5 } : { resource_exhaustion: 0.9 },
        active: true,
      };
    });
} // prettier-ignore
