import type { NodeLoad, Signal } from "./rank-signals";
import { slotOf, valueAt } from "./rank-signals";
import { middle } from "../base/stats";
import { significance } from "./rank-strength";

/** How much the slots of the incident matter: those in which the target suffers, weights that sum to 1. */
export interface Slots {
  times: number[];
  weights: number[];
  /** Seconds between two. */
  length: number;
}

/** Slots of the incident, weighted by how badly the given series of the target stands in each; even weights without one. */
export function slotsOf(target: Signal | null, signals: readonly Signal[]): Slots {
  const length = slotOf(signals);
  const own = target !== null && target.points.length > 0;
  const times = own ? target.points.map(([t]) => t) : slotTimes(signals, length);
  if (!own) return { times, weights: times.map(() => 1 / times.length), length };
  const center = target.normal.length > 0 ? middle(target.normal) : middle(target.points.map(([, v]) => v));
  const sign = (target.shift?.direction ?? (target.nature.bad === "down" ? "down" : "up")) === "down" ? -1 : 1;
  const excess = target.points.map(([, v]) => Math.max(0, sign * (v - center)));
  const sum = excess.reduce((a, b) => a + b, 0);
  return { times, weights: excess.map((e) => (sum > 0 ? e / sum : 1 / times.length)), length };
}

function slotTimes(signals: readonly Signal[], length: number): number[] {
  const slots = new Set<number>();
  for (const { points } of signals) for (const [t] of points) slots.add(Math.round(t / length));
  return [...slots].sort((a, b) => a - b).map((s) => s * length);
}

/** Calls assumed of a node whose traffic is not measured: all nodes alike, so that amounts compare as they are. */
const CALLS_UNKNOWN = 1;

/**
 * What a node adds to the symptom, in units that add up along calls: seconds (or whatever the unit is) lost over all its
 * calls, or calls that failed, above normal, in the slots in which the target suffers. Undefined where it is not measured.
 */
export function amountOf(kind: "latency" | "failures", load: NodeLoad | undefined, slots: Slots): number | undefined {
  const signal = load?.[kind] ?? null;
  if (signal === null || signal.normal.length === 0) return undefined;
  const center = middle(signal.normal);
  const strength = significance(signal.shift?.nats ?? 0);
  if (strength === 0) return 0;
  const traffic = load?.traffic ?? null;
  const calls = traffic === null || traffic.normal.length === 0 ? CALLS_UNKNOWN : middle(traffic.normal);
  let total = 0;
  slots.times.forEach((t, i) => {
    const value = valueAt(signal.points, t, slots.length);
    if (value === undefined) return;
    const n = traffic === null ? calls : (valueAt(traffic.points, t, slots.length) ?? calls);
    total += slots.weights[i]! * Math.max(0, perSlot(signal, value, center, n));
  });
  return total * strength;
}

function perSlot(signal: Signal, value: number, center: number, calls: number): number {
  const { kind, counted } = signal.nature;
  if (kind === "availability") return ((center - value) / signal.whole) * calls;
  if (kind === "error" && counted) return value - center;
  return ((value - center) / signal.whole) * calls;
}
