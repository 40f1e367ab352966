import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Counter,
  type Histogram,
  type MeterProvider,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";
import type { EventType } from "@/lib/core/base/events";
import type { EventKind, Metric } from "@/lib/core/base/vocabulary";

/**
 * What Sentinel tells of itself over OpenTelemetry. Nothing is told until there are providers (`tellTo`): until then every
 * function here returns at once. They are not registered as the global ones: Next would then trace each request, and ingest keys
 * stand in the paths of some. No attribute holds content, an agent's id or what else a sender could make up without end.
 */
interface Instruments {
  tracer: Tracer;
  executions: Counter;
  amounts: readonly [Metric, Histogram][];
  infections: Counter;
  approvals: Counter;
  quarantines: Counter;
}

/** From a value that nobody exceeds cheaply to one that is a run-away; in the unit of the histogram. */
const COUNTS = [0, 1, 2, 5, 10, 20, 50, 100];
const TOKENS = [10, 100, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6];
const HISTOGRAMS: Readonly<
  Partial<Record<Metric, { unit: string; description: string; explicitBucketBoundaries: number[] }>>
> = {
  latency_ms: {
    unit: "ms",
    description: "Latency of an execution",
    explicitBucketBoundaries: [10, 50, 100, 250, 500, 1e3, 2_500, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5],
  },
  token_count: {
    unit: "{token}",
    description: "All tokens of an execution",
    explicitBucketBoundaries: TOKENS,
  },
  input_tokens: {
    unit: "{token}",
    description: "Input tokens, cached ones included",
    explicitBucketBoundaries: TOKENS,
  },
  output_tokens: { unit: "{token}", description: "Output tokens", explicitBucketBoundaries: TOKENS },
  tool_calls: { unit: "{call}", description: "Tool calls of an execution", explicitBucketBoundaries: COUNTS },
  retries: { unit: "{retry}", description: "Retries of an execution", explicitBucketBoundaries: COUNTS },
  cost: {
    unit: "USD",
    description: "Cost of an execution",
    explicitBucketBoundaries: [1e-4, 1e-3, 5e-3, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50],
  },
};

/** One for the process: one Next process holds several copies of this module. */
const shared = (): { told: Instruments | null } => {
  const global = globalThis as unknown as Record<symbol, { told: Instruments | null }>;
  return (global[Symbol.for("sentinel.telemetry")] ??= { told: null });
};

const NAME = "sentinel";

/** Tells these providers from here on; null: nobody. */
export function tellTo(providers: { meters: MeterProvider; tracers: TracerProvider } | null): void {
  if (!providers) return void (shared().told = null);
  const meter = providers.meters.getMeter(NAME);
  shared().told = {
    tracer: providers.tracers.getTracer(NAME),
    executions: meter.createCounter("agent.execution.count", {
      unit: "{execution}",
      description: "Executions of agents that were judged: model calls, tool calls and ends of runs",
    }),
    amounts: Object.entries(HISTOGRAMS).map(([metric, { unit, description, explicitBucketBoundaries }]) => [
      metric as Metric,
      meter.createHistogram(`agent.execution.${metric}`, { unit, description, advice: { explicitBucketBoundaries } }),
    ]),
    infections: meter.createCounter("immune.infection.detected", {
      unit: "{incident}",
      description: "Incidents opened",
    }),
    approvals: meter.createCounter("immune.approval.events", {
      unit: "{event}",
      description: "Approvals requested, decided, expired and voided",
    }),
    quarantines: meter.createCounter("immune.quarantine.events", {
      unit: "{event}",
      description: "Agents quarantined and paused, and what became of it",
    }),
  };
}

/** One report of an agent, as it was judged. What is not known is left out. */
export interface Execution {
  agentType: string;
  kind: EventKind;
  success: boolean | null;
  values: Partial<Record<Metric, number>>;
}

/** Work that was done. What counters said apart from calls, and signs of life, are no executions. */
const EXECUTIONS: ReadonlySet<EventKind> = new Set(["model_call", "tool_call", "run_end"]);

/** Counts executions. `list` is asked only if somebody is told. */
export function countExecutions(list: () => Iterable<Execution>): void {
  const { told } = shared();
  if (!told) return;
  for (const { agentType, kind, success, values } of list()) {
    if (!EXECUTIONS.has(kind)) continue;
    const attributes: Attributes = { "agent.type": agentType, "agent.execution.kind": kind };
    const outcome = success === null ? "unknown" : success ? "success" : "failure";
    told.executions.add(1, { ...attributes, "agent.execution.outcome": outcome });
    for (const [metric, histogram] of told.amounts) {
      const value = values[metric];
      if (value !== undefined) histogram.record(value, attributes);
    }
  }
}

const APPROVAL = "approval.";
const QUARANTINE: readonly EventType[] = [
  "agent.quarantined",
  "agent.paused",
  "containment.enforced",
  "containment.not_confirmed",
  "containment.breach",
  "containment.limited",
  "containment.allowed",
];

/** Counts what a commit told: incidents, approvals, quarantines. */
export function countEvents(events: readonly { type: EventType; serviceId?: string | null }[]): void {
  const { told } = shared();
  if (!told) return;
  for (const { type, serviceId } of events) {
    const event = type.slice(type.indexOf(".") + 1);
    if (type === "incident.opened") told.infections.add(1, { "immune.subject": serviceId ? "service" : "agent" });
    else if (type.startsWith(APPROVAL)) told.approvals.add(1, { "immune.event": event });
    else if (QUARANTINE.includes(type)) told.quarantines.add(1, { "immune.event": event });
  }
}

/** A part of something that is traced: when it began (epoch ms) and how long it took, in ms. */
interface Part {
  name: string;
  startedAt: number;
  ms: number;
  failed: boolean;
}

const parts = new AsyncLocalStorage<Part[]>();
/** What took less, in ms, is no news. */
const MIN_PART_MS = 1;
/** Parts of one trace: beyond it the rest is left out. */
const MAX_PARTS = 200;

/**
 * Does `work` and tells of it as a span, with one below for each part. `attributesOf` gives what it came to; null: nothing
 * happened that is worth telling. What it throws is told and thrown.
 */
export async function traced<T>(
  name: string,
  work: () => Promise<T>,
  attributesOf: (result: T) => Attributes | null,
): Promise<T> {
  const { told } = shared();
  if (!told) return work();
  const own: Part[] = [];
  const startedAt = Date.now();
  const began = performance.now();
  const tell = (attributes: Attributes, failed: boolean) =>
    spans(told.tracer, { name, startedAt, ms: performance.now() - began, failed }, attributes, own);
  try {
    const result = await parts.run(own, work);
    const attributes = attributesOf(result);
    if (attributes) tell(attributes, false);
    return result;
  } catch (error) {
    tell({}, true);
    throw error;
  }
}

/** Does one part of something that may be traced. */
export async function tracedPart<T>(name: string, part: () => Promise<T>): Promise<T> {
  if (!parts.getStore()) return part();
  const startedAt = Date.now();
  const began = performance.now();
  let failed = true;
  try {
    const result = await part();
    failed = false;
    return result;
  } finally {
    notePart({ name, startedAt, ms: performance.now() - began, failed });
  }
}

/** Notes a part that was done, where it is part of something that is traced. */
export function notePart(part: Part): void {
  const own = parts.getStore();
  if (own && part.ms >= MIN_PART_MS && own.length < MAX_PARTS) own.push(part);
}

function spans(tracer: Tracer, whole: Part, attributes: Attributes, below: readonly Part[]): void {
  const span = tracer.startSpan(whole.name, { startTime: whole.startedAt, root: true, attributes }, ROOT_CONTEXT);
  const context = trace.setSpan(ROOT_CONTEXT, span);
  for (const { name, startedAt, ms, failed } of below) {
    // Names of subjects and shards would be names of spans without end.
    const [word] = /^[a-z_ ]*[a-z]/.exec(name.replace(/[ _][^ _]*\d.*$/, "")) ?? ["part"];
    const part = tracer.startSpan(`${whole.name} ${word}`, { startTime: startedAt }, context);
    if (failed) part.setStatus({ code: SpanStatusCode.ERROR });
    part.end(startedAt + ms);
  }
  if (whole.failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(whole.startedAt + whole.ms);
}
