import { type Anomaly, type DetectSettings, UNSAID } from "./anomaly";
import { bands } from "./bands";
import { createDetector, type DetectorState } from "./detector-state";
import { observe } from "./detect";
import { DEFAULT_SIGNALS, formatSignal, overLimit, type SignalSpec } from "./signals";
import type { SignalState } from "./vocabulary";

/** A service's signals at one moment; what was not measured is missing. */
export type Readings = Readonly<Record<string, number>>;

/** A signal as it stood at the last look. */
export interface SignalBefore {
  state: SignalState;
  /** Epoch ms at which the state last moved. */
  since: number;
}

export interface SignalNow extends SignalBefore {
  name: string;
  value: number | null;
  expected: { low: number; mid: number; high: number } | null;
  /** An anomaly that just began, in words; null otherwise. */
  news: string | null;
  severity: number;
}

/** Samples before a baseline may say that something is out of band. */
const LEARNING_SAMPLES = 30;

/**
 * Judges one look at a service by its fixed limits and by its own baseline, and learns from it unless told not to (an
 * open incident, a limit crossed): the detector of the immune loop with each signal a gauge, whose season is the hour of
 * the week. `state` is changed. What was not measured is `unknown`, whatever it was before.
 */
export function lookAt(
  state: DetectorState | null,
  before: ReadonlyMap<string, SignalBefore>,
  readings: Readings,
  o: { now: number; learn: boolean; settings: DetectSettings },
): { state: DetectorState; signals: SignalNow[] } {
  const detector = state ?? createDetector();
  const limits = (name: string) => DEFAULT_SIGNALS.find((spec) => spec.name === name);
  const crossed = Object.entries(readings).some(([name, value]) => isOver(limits(name), value));
  const anomalies = feed(detector, readings, { ...o, learn: o.learn && !crossed });
  const expected = new Map(bands(detector).map(({ metric, low, mid, high, n }) => [metric, { low, mid, high, n }]));
  const signals = DEFAULT_SIGNALS.map((spec): SignalNow => {
    const was = before.get(spec.name) ?? { state: "unknown", since: o.now };
    const value = readings[spec.name] ?? null;
    const band = expected.get(spec.name) ?? null;
    const anomaly = anomalies.find(({ metric, verdict }) => nameOf(metric) === spec.name && verdict === "quarantine");
    const next = value === null ? "unknown" : stateOf(spec, value, band, was.state, anomaly);
    return {
      name: spec.name,
      value,
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

const isOver = (spec: SignalSpec | undefined, value: number): boolean =>
  spec !== undefined && overLimit({ value, upper: spec.upper ?? null, lower: spec.lower ?? null });

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
  readings: Readings,
  { now, learn, settings }: { now: number; learn: boolean; settings: DetectSettings },
): Anomaly[] {
  // Reachability is a limit, not a gauge: it has two values.
  const gauges = Object.fromEntries(Object.entries(readings).filter(([name]) => name !== "up"));
  if (!learn || Object.keys(gauges).length === 0) return [];
  return observe(
    detector,
    {
      seq: detector.seen,
      at: now,
      kind: "run_end",
      ...UNSAID,
      values: {},
      gauges,
      learn,
    },
    settings,
    null,
  );
}

function describe(spec: SignalSpec, value: number, band: { low: number; high: number } | null): string {
  const usual = band ? `, usually ${formatSignal(band.low, spec.unit)} to ${formatSignal(band.high, spec.unit)}` : "";
  return `${spec.title} at ${formatSignal(value, spec.unit)}${usual}`;
}
