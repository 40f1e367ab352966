import type { Bundle } from "../evidence/bundle";
import { type MixChange, mixChanges } from "./call-mix";
import { type TimeLoss, timeLoss } from "./edge-times";
import { type FlowBreak, flowBreaks, statementsOf } from "./line-flow";
import { natureOf } from "./metric-kinds";
import { type Slots, slotsOf } from "./rank-amounts";
import { loadsOf, type NodeLoad, type Signal, signalsOf } from "./rank-signals";
import { type Silence, silences } from "./rank-silence";
import { strengthOf } from "./rank-strength";
import { type Topology, topologyOf } from "./topology";

/** Everything that is read off a bundle once, before anybody is blamed. */
export interface Scene {
  target: Bundle["target"];
  topology: Topology;
  signals: Signal[];
  loads: Map<string, NodeLoad>;
  /** Slots of the incident, weighted by the target's slowness and by its failures. */
  slots: { latency: Slots; failures: Slots };
  /** Null without spans of both the incident and normal time. */
  loss: TimeLoss | null;
  mix: MixChange[];
  /** Statements that no longer run with those they always ran with. */
  flow: FlowBreak[];
  silent: Silence[];
  /** How much slowness and failing weigh in this incident, 0 to 1. */
  symptom: { latency: number; failures: number };
}

export function sceneOf(bundle: Bundle): Scene {
  const topology = reaching(topologyOf(bundle), bundle.target.node);
  const signals = signalsOf(bundle);
  const loads = loadsOf(signals);
  const own = loads.get(bundle.target.node);
  const slots = {
    latency: slotsOf(own?.latency ?? null, signals),
    failures: slotsOf(own?.failures ?? null, signals),
  };
  const traced = bundle.spans.length > 0 && bundle.normal.spans.length > 0;
  const statements = statementsOf(bundle);
  return {
    target: bundle.target,
    topology,
    signals,
    loads,
    slots,
    loss: traced ? timeLoss(bundle.spans, bundle.normal.spans) : null,
    mix: traced ? mixChanges(bundle.spans, bundle.normal.spans, statements) : [],
    flow: flowBreaks(statements),
    silent: silences(bundle, signals, slots.latency),
    symptom: symptomOf(bundle.target, signals),
  };
}

/** A target that no edge leads away from says nothing of who is behind it: then everybody may be. */
function reaching(topology: Topology, target: string): Topology {
  if (topology.distance.size > 1) return topology;
  const others = topology.nodes.filter((n) => n !== target);
  if (topology.callees.size > 0) return topology;
  return {
    ...topology,
    callees: new Map([[target, others]]),
    distance: new Map([[target, 0], ...others.map((n): [string, number] => [n, 1])]),
  };
}

/** The kind of symptom that the incident is not about still counts for so much: slow calls fail and failing calls are slow. */
const OTHER_SYMPTOM = 0.35;

/** What the alert is about, else what the target shows. */
function symptomOf(target: Bundle["target"], signals: readonly Signal[]): Scene["symptom"] {
  const about = target.metric === undefined ? null : natureOf(target.metric).kind;
  if (about === "latency") return { latency: 1, failures: OTHER_SYMPTOM };
  if (about === "error" || about === "availability") return { latency: OTHER_SYMPTOM, failures: 1 };
  const shown = { latency: 0, failures: 0 };
  for (const { node, nature, shift } of signals) {
    if (node !== target.node || shift === null) continue;
    const strength = strengthOf(shift.nats);
    if (nature.kind === "latency") shown.latency = Math.max(shown.latency, strength);
    if (nature.kind === "error" || nature.kind === "availability") shown.failures = Math.max(shown.failures, strength);
  }
  const most = Math.max(shown.latency, shown.failures);
  if (most === 0) return { latency: 1, failures: 1 };
  return {
    latency: Math.max(OTHER_SYMPTOM, shown.latency / most),
    failures: Math.max(OTHER_SYMPTOM, shown.failures / most),
  };
}
