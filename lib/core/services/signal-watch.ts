import { type Anomaly, type DetectSettings, UNSPECIFIED } from "../detection/anomaly";
import { bands } from "../detection/bands";
import { createDetector, type DetectorState } from "../detection/detector-state";
import { observe } from "../detection/detect";
import { amount } from "../base/amounts";
import { overLimit, type SignalSpec } from "./signals";
import type { SignalState } from "../base/vocabulary";

/** What one look gave of a service, by signal. */
export interface Readings {
  /** What was measured; a signal without data is missing. */
  values: Readonly<Record<string, number>>;
  /** Why a signal could not be read, in whole (then it has no value) or in part. */
  problems: Readonly<Record<string, string>>;
}

/** A signal as it stood at the last look. */
export interface SignalBefore {
  state: SignalState;
  /** Epoch ms at which the state last moved. */
  since: number;
  /** What was measured last, and when (epoch ms); null: never. */
  value: number | null;
  valueAt: number | null;
}

export interface SignalNow {
  name: string;
  state: SignalState;
  /** Epoch ms at which the state last moved. */
  since: number;
  /** What this look measured; null: nothing, or it could not be read. */
  value: number | null;
  /** The value that its state rests on: this look's, or the last one's while the signal cannot be read. */
  standing: number | null;
  /** Why it could not be read; null when it could. */
  problem: string | null;
  expected: { low: number; mid: number; high: number } | null;
  /** An anomaly that just began, in words; null otherwise. */
  news: string | null;
  severity: number;
}

/** Samples before a baseline may say that something is out of band. */
const LEARNING_SAMPLES = 30;

const NEVER: Omit<SignalBefore, "since"> = { state: "unknown", value: null, valueAt: null };

/**
 * Judges one look at a service by its fixed limits and by its own baseline, and learns from it unless told not to (an
 * open incident, a limit crossed): the detector of the immune loop with each signal a gauge, whose season is the hour of
 * the week. `state` is changed. Each signal stands alone. One without data is `unknown`, whatever it was before; one that
 * could not be read keeps its state for `staleMs` after its last value, since nothing new is known of it.
 */
export function lookAt(
  state: DetectorState | null,
  before: ReadonlyMap<string, SignalBefore>,
  { values, problems }: Readings,
  o: { now: number; learn: boolean; settings: DetectSettings; specs: readonly SignalSpec[]; staleMs: number },
): { state: DetectorState; signals: SignalNow[] } {
  const detector = state ?? createDetector();
  // Neither a limit that is crossed teaches what is usual, nor one that was when it was last read.
  const crossed = o.specs.some(
    (spec) =>
      isOver(spec, values[spec.name]) || (spec.name in problems && before.get(spec.name)?.state === "over_limit"),
  );
  const anomalies = feed(detector, values, { ...o, learn: o.learn && !crossed });
  const expected = new Map(bands(detector).map(({ metric, low, mid, high, n }) => [metric, { low, mid, high, n }]));
  const signals = o.specs.map((spec): SignalNow => {
    const was = before.get(spec.name) ?? { ...NEVER, since: o.now };
    const value = values[spec.name] ?? null;
    const problem = problems[spec.name] ?? null;
    const band = expected.get(spec.name) ?? null;
    const anomaly = anomalies.find(({ metric, verdict }) => nameOf(metric) === spec.name && verdict === "quarantine");
    const kept = value === null && problem !== null && was.valueAt !== null && o.now - was.valueAt < o.staleMs;
    const next = kept ? was.state : value === null ? "unknown" : stateOf(spec, value, band, was.state, anomaly);
    return {
      name: spec.name,
      value,
      standing: kept ? was.value : value,
      problem,
      expected: band && { low: atLeastNone(band.low), mid: atLeastNone(band.mid), high: atLeastNone(band.high) },
      state: next,
      since: next === was.state ? was.since : o.now,
      news: anomaly && next === "out_of_band" ? describe(spec, value!, band) : null,
      severity: anomaly?.severity ?? 0,
    };
  });
  return { state: detector, signals };
}

/** No signal is negative; a band around nothing but zeros is one of rounding. */
const atLeastNone = (value: number): number => (value < Number.EPSILON ? 0 : value);

const isOver = (spec: SignalSpec, value: number | undefined): boolean =>
  value !== undefined && overLimit({ value, upper: spec.upper ?? null, lower: spec.lower ?? null });

function stateOf(
  spec: SignalSpec,
  value: number,
  band: { low: number; high: number; n: number } | null,
  was: SignalState,
  anomaly: Anomaly | undefined,
): SignalState {
  if (isOver(spec, value)) return "over_limit";
  if (band === null || band.n < LEARNING_SAMPLES) return spec.lower !== undefined ? "in_band" : "learning";
  const off = (spec.bad !== "down" && value > band.high) || (spec.bad !== "up" && value < band.low);
  // Leaving the band takes proof, staying out of it does not: one odd value is no trouble, and none ends it either.
  return off && (anomaly !== undefined || was === "out_of_band" || was === "over_limit") ? "out_of_band" : "in_band";
}

const nameOf = (metric: string): string => metric.replace(/#.*/s, "");

function feed(
  detector: DetectorState,
  values: Readings["values"],
  { now, learn, settings }: { now: number; learn: boolean; settings: DetectSettings },
): Anomaly[] {
  // Reachability is a limit, not a gauge: it has two values.
  const gauges = Object.fromEntries(Object.entries(values).filter(([name]) => name !== "up"));
  if (!learn || Object.keys(gauges).length === 0) return [];
  return observe(
    detector,
    {
      seq: detector.seen,
      at: now,
      kind: "run_end",
      ...UNSPECIFIED,
      values: {},
      gauges,
      measured: true,
      learn,
    },
    settings,
    null,
  );
}

function describe(spec: SignalSpec, value: number, band: { low: number; high: number } | null): string {
  const usual = band ? `, usually ${amount(band.low, spec.unit)} to ${amount(band.high, spec.unit)}` : "";
  return `${spec.title} at ${amount(value, spec.unit)}${usual}`;
}
