/** Signals of a service that follow from the spans of the requests that it served. */
export const SPAN_SIGNALS = ["requests", "errors", "latency_p90"] as const;
export type SpanSignal = (typeof SPAN_SIGNALS)[number];

/** What server spans said of one minute. */
export interface SpanMinute {
  /** The beginning of the minute, epoch ms. */
  at: number;
  requests: number;
  errors: number;
  /** How many requests took how long: counts by {@link bucketOf}. */
  buckets: Readonly<Record<string, number>>;
}

export const MINUTE_MS = 60_000;
export const minuteOf = (ms: number): number => Math.floor(ms / MINUTE_MS) * MINUTE_MS;

/** Four buckets for each doubling: a quantile is known to 19 % at worst, and most requests of a service share a dozen. */
const PER_DOUBLING = 4;
/** 1 ms and less; an hour and more. */
const FIRST = 0;
const LAST = Math.ceil(PER_DOUBLING * Math.log2(3_600_000));

/** The bucket of a duration in ms: number `i` holds those up to 2^(i/4) ms. What is no duration counts as the shortest. */
export const bucketOf = (ms: number): number =>
  ms > 1 ? Math.min(LAST, Math.ceil(PER_DOUBLING * Math.log2(ms))) : FIRST;

/** A quantile in seconds, straight within its bucket, as Prometheus' histogram_quantile has it; null of nothing. */
export function quantile(buckets: ReadonlyMap<number, number>, q: number): number | null {
  const total = [...buckets.values()].reduce((a, b) => a + b, 0);
  if (!(total > 0)) return null;
  let below = 0;
  const sorted = [...buckets].toSorted(([a], [b]) => a - b);
  for (const [bucket, n] of sorted) {
    if (below + n < q * total) {
      below += n;
      continue;
    }
    const low = bucket === FIRST ? 0 : 2 ** ((bucket - 1) / PER_DOUBLING);
    const high = 2 ** (bucket / PER_DOUBLING);
    return (low + (high - low) * ((q * total - below) / n)) / 1e3;
  }
  return 2 ** (sorted.at(-1)![0] / PER_DOUBLING) / 1e3;
}

/**
 * A service's signals over the minute before `t` (epoch ms): the share of `t`'s own minute that has gone by, and of the minute
 * before it what is left (a sliding window over fixed ones). `now`: until when `t`'s minute has been filled; `firstAt`: the
 * first minute of the service, before whose end its rate is unknown. `heard`: whether no span means no request; otherwise nothing
 * is said where there are none. Requests are per second, errors a ratio, latencies seconds.
 */
export function spanSignals(
  minutes: ReadonlyMap<number, SpanMinute>,
  o: { t: number; now: number; firstAt: number; heard: boolean },
): Partial<Record<SpanSignal, number>> {
  const start = minuteOf(o.t);
  const filled = Math.min(MINUTE_MS, o.now - start);
  const gone = (o.t - start) / MINUTE_MS;
  const weights = [
    [minutes.get(start), filled > 0 ? Math.min(1, (o.t - start) / filled) : 0],
    [minutes.get(start - MINUTE_MS), 1 - gone],
  ] as const;
  const buckets = new Map<number, number>();
  let requests = 0;
  let errors = 0;
  for (const [minute, weight] of weights) {
    if (minute === undefined || weight === 0) continue;
    requests += weight * minute.requests;
    errors += weight * minute.errors;
    for (const [bucket, n] of Object.entries(minute.buckets))
      buckets.set(Number(bucket), (buckets.get(Number(bucket)) ?? 0) + weight * n);
  }
  const latency = quantile(buckets, 0.9);
  const rateKnown = o.t - o.firstAt >= MINUTE_MS && (requests > 0 || o.heard);
  return {
    ...(rateKnown ? { requests: requests / (MINUTE_MS / 1e3) } : {}),
    ...(requests > 0 ? { errors: errors / requests } : {}),
    ...(latency === null ? {} : { latency_p90: latency }),
  };
}
