import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketOf, minuteOf, quantile, type SpanMinute, spanSignals } from "./span-signals";

const MINUTE = 60_000;
const T0 = 1_000 * MINUTE;
const minute = (at: number, requests: number, errors = 0, ms = 100): SpanMinute => ({
  at,
  requests,
  errors,
  buckets: { [bucketOf(ms)]: requests },
});
const of = (...list: SpanMinute[]) => new Map(list.map((one) => [one.at, one]));
const long = { firstAt: 0, heard: true };

describe("durations in buckets", () => {
  it.each([
    [0, 0],
    [1, 0],
    [1.1, 1],
    [2, 4],
    [1_000, 40],
    [Number.NaN, 0],
    [-5, 0],
    [1e12, 88],
  ])("%s ms is in bucket %s", (ms, bucket) => expect(bucketOf(ms)).toBe(bucket));

  it("a quantile is within one bucket, 19 %, of the exact one", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 2, max: 60_000 }), { minLength: 1, maxLength: 200 }), (durations) => {
        const buckets = new Map<number, number>();
        for (const ms of durations) buckets.set(bucketOf(ms), (buckets.get(bucketOf(ms)) ?? 0) + 1);
        const exact = durations.toSorted((a, b) => a - b)[Math.ceil(0.9 * durations.length) - 1]!;
        const ratio = (quantile(buckets, 0.9)! * 1e3) / exact;
        expect(ratio).toBeGreaterThan(2 ** (-1 / 4) - 1e-9);
        expect(ratio).toBeLessThan(2 ** (1 / 4) + 1e-9);
      }),
    );
  });

  it("of nothing there is none", () => expect(quantile(new Map(), 0.9)).toBeNull());
});

describe("signals of a service over the minute before", () => {
  it.each<[string, ReadonlyMap<number, SpanMinute>, Partial<Parameters<typeof spanSignals>[1]>, object]>([
    ["a whole minute", of(minute(T0, 120, 6)), { t: T0 + MINUTE, now: T0 + MINUTE }, { requests: 2, errors: 0.05 }],
    // 30 of this minute so far, and half of the 120 before it.
    ["half a minute in", of(minute(T0, 120), minute(T0 + MINUTE, 30, 30)), { t: T0 + 90_000, now: T0 + 90_000 }, { requests: 1.5, errors: 1 / 3 }],
    // Of a minute that is over, half had happened by then.
    ["half a minute in, looked at later", of(minute(T0, 120), minute(T0 + MINUTE, 60)), { t: T0 + 90_000, now: T0 + 10 * MINUTE }, { requests: 1.5, errors: 0 }],
    ["nobody asked", of(minute(T0, 120)), { t: T0 + 5 * MINUTE, now: T0 + 5 * MINUTE }, { requests: 0 }],
  ])("%s", (_, minutes, o, wanted) => {
    const { latency_p90: latency, ...rest } = spanSignals(minutes, { t: 0, now: 0, ...long, ...o });
    expect(rest).toEqual(wanted);
    if ("errors" in wanted) expect(latency).toBeCloseTo(0.1, 1);
    else expect(latency).toBeUndefined();
  }); // prettier-ignore

  it("says nothing of what was not heard, and no rate before a minute has gone by", () => {
    const at = { t: T0 + 5 * MINUTE, now: T0 + 5 * MINUTE };
    expect(spanSignals(of(), { ...at, firstAt: 0, heard: false })).toEqual({});
    const soon = { t: T0 + 30_000, now: T0 + 30_000, firstAt: T0, heard: true };
    expect(spanSignals(of(minute(T0, 10, 5)), soon)).toEqual({ errors: 0.5, latency_p90: expect.any(Number) });
  });

  it("the minute of a moment", () => expect(minuteOf(T0 + 59_999)).toBe(T0));
});
