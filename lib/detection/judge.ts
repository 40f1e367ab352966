import {
  type Anomaly,
  type DetectSettings,
  type DetectorState,
  declareChange,
  acceptAsNormal,
  observe,
  resetEvidence,
  restartGaps,
  tick,
  type TypePrior,
} from "@/lib/core/detection/detect";
import { breakerAnomaly } from "@/lib/core/agents/breaker";
import { breaksHold, type Confirmed, HELD_BY } from "@/lib/core/agents/hold-breach";
import { observeProbation, type Probation, widenProbation } from "@/lib/core/agents/probation";
import { isHeld } from "@/lib/core/base/lifecycle";
import { OUTCOME_UNKNOWN } from "@/lib/core/base/hold-levels";
import type { AgentAction, AgentState, AnomalyType } from "@/lib/core/base/vocabulary";
import type { Agent, DirectiveRow } from "@/lib/db/queries/agents";
import type { StoredEvent } from "@/lib/db/queries/events";
import type { Change } from "@/lib/db/queries/sweep";
import type { LoopConfig } from "@/lib/config/agents";
import { observationOf } from "./observation";
import { RunTotals } from "./run-totals";
import type { Detector } from "@/lib/response/agents/detector";

export interface JudgeInput {
  agent: Agent;
  detector: Detector;
  directive: DirectiveRow | null;
  /** When each instance confirmed it, by instance id. */
  confirmed: ReadonlyMap<string, Confirmed>;
  /** Runs that were known before these events; only where the hold in force lets them go on. */
  knownRuns: ReadonlySet<string>;
  events: StoredEvent[];
  changes: Change[];
  /** A successor that is being measured: what it reports may be the old illness, and teaches nothing. */
  frozen: boolean;
  /** The longest ingest gap since a time, in ms; null while there is more to read, so that silence proves nothing yet. */
  gapSince: ((since: number) => number) | null;
  /** The tests that these events feed: of an action on this agent, or of an incident that watches it. */
  tests: Test[];
  prior: TypePrior | null;
  settings: DetectSettings;
  config: LoopConfig;
  now: number;
}

/** A measurement of "back in band" that goes on while events arrive. */
export interface Test {
  probation: Probation;
  /** Only what came after this counts. */
  since: { at: number; version: number | null };
  /** Another agent's baseline, where a successor is measured against the agent that it replaced. */
  baseline?: DetectorState;
  /** What was done before it began; null where nothing was. What fires meanwhile is measured as well. */
  action: AgentAction | null;
  /** Whether any event was taken in. */
  moved: boolean;
}

/** What the new events of one agent say. The detector was moved on in place. */
export interface Judgement {
  agent: Agent;
  anomalies: Anomaly[];
  /** Work reported that the directive in force forbids. */
  breach: StoredEvent | null;
  /** Tool calls that were cut off, and what hosts decided on queued tasks: for the timeline. */
  notable: StoredEvent[];
  /** Rungs that an instance said it cannot climb. */
  cannot: string[];
  learned: boolean;
  identity: Identity;
  runs: RunTotals;
}

export interface Identity {
  model: string | null;
  promptHash: string | null;
  promptVersion: string | null;
  toolsHash: string | null;
  promptSamples: number;
  goodPromptHash: string | null;
  tools: string[] | null;
  enforcement: boolean | null;
  /** Whether the newest event was too old to be judged. */
  late: boolean;
  seen: number;
}

/** Healthy samples after which an agent's first prompt counts as good: where a roll-back may go. As many as a young baseline has. */
const FIRST_PROMPT_SAMPLES = 30;
/** A later one has to prove itself for longer: until then a roll-back still goes to the one before. */
const LATER_PROMPT_SAMPLES = 300;
/** Tools remembered per agent. */
const MAX_TOOLS = 200;

/** Judges the new events of one agent in their order, and learns from those that are healthy. */
export function judge(input: JudgeInput): Judgement {
  const { agent, detector, directive, events, changes, settings, now } = input;
  settle(detector, agent.state, now);
  const free = directive === null || directive.status === "run";
  if (directive !== null && free) restartGaps(detector.state, directive.createdAt);
  for (const change of changes) take(detector, change);
  const out: Judgement = {
    agent,
    anomalies: [],
    breach: null,
    notable: [],
    cannot: [],
    learned: false,
    identity: {
      model: null,
      promptHash: agent.promptHash,
      promptVersion: null,
      toolsHash: null,
      promptSamples: agent.promptSamples,
      goodPromptHash: null,
      tools: null,
      enforcement: null,
      late: events.at(-1)?.late ?? false,
      seen: events.length,
    },
    runs: new RunTotals(agent.id),
  };
  const known = new Set(input.knownRuns);
  for (const event of events) {
    judgeEvent(input, event, known, out);
    if (event.runId) known.add(event.runId);
  }
  if (free && judged(agent.state) && input.gapSince)
    out.anomalies.push(...tick(detector.state, now, settings, input.gapSince));
  return out;
}

/**
 * Evidence from before a release, a recovery or a healing action, and runs that it cut off, say nothing of the time after it. What has
 * spoken may speak again.
 */
function settle(detector: Detector, state: AgentState, now: number): void {
  const before = detector.agentState;
  if (before === state) return;
  const free = (s: AgentState) => s === "learning" || s === "healthy";
  const fresh = state === "probation" || (free(state) && !free(before));
  if (fresh) resetEvidence(detector.state);
  if (isHeld(before)) {
    // Held agents finish nothing: what was open when the hold began has no end that will be reported.
    detector.state.runs = {};
    // What a held agent reports is not judged, so that it was last heard before its hold.
    if (judged(state)) restartGaps(detector.state, now);
  }
  detector.agentState = state;
}

function take(detector: Detector, change: Change): void {
  if (change.accept) {
    // One metric seldom moves alone: what came with it is as normal as what was noticed first.
    acceptAsNormal(detector.state, "all");
    return;
  }
  switch (change.kind) {
    case "prompt":
    case "model":
    case "tools":
    case "config":
    case "deploy":
      declareChange(detector.state, { at: change.at, kind: change.kind });
      return;
    case "scale":
    case "healing":
      return;
  }
}

/** States in which what an agent reports is its own free doing. */
const judged = (state: AgentState): boolean =>
  state === "learning" || state === "healthy" || state === "suspected" || state === "probation";

function judgeEvent(input: JudgeInput, event: StoredEvent, known: ReadonlySet<string>, out: Judgement): void {
  const { agent, detector, prior, settings, tests, now } = input;
  out.runs.add(event);
  if (breaks(input, event, known)) out.breach ??= event;
  if (isNotable(event)) out.notable.push(event);
  note(out.identity, event);
  const cannot = event.body.attributes?.cannot;
  if (typeof cannot === "string") out.cannot.push(...cannot.split(","));
  if (event.late) return;
  if (!judged(agent.state)) {
    feed(tests, detector, event, [], now);
    return;
  }
  const learn =
    (agent.state === "learning" || agent.state === "healthy") &&
    agent.incidentId === null &&
    !agent.paused &&
    !input.frozen &&
    !out.anomalies.some((anomaly) => anomaly.verdict !== "watch");
  const anomalies = observe(detector.state, observationOf(event, learn, now), settings, prior);
  const broke = tripped(event);
  if (broke) anomalies.push(broke);
  out.anomalies.push(...anomalies);
  feed(tests, detector, event, anomalies, now);
  if (!learn) return;
  out.learned = true;
  provePrompt(out.identity, agent, event);
}

/** A breaker in the execution path that opened, told by a heartbeat. */
function tripped({ kind, seq, at, runId, body }: StoredEvent): Anomaly | null {
  if (kind !== "heartbeat" || !body.attributes) return null;
  const { tool = null, action_hash: actionHash = null, attributes } = body;
  return breakerAnomaly({ seq, at, runId, tool, actionHash, attributes });
}

const isNotable = ({ kind, body }: StoredEvent): boolean =>
  kind === "queued_task" || (kind === "tool_call" && body.outcome === OUTCOME_UNKNOWN);

function breaks(
  { directive, confirmed, config }: JudgeInput,
  { kind, at, receivedAt, runId, body }: StoredEvent,
  known: ReadonlySet<string>,
): boolean {
  if (directive === null) return false;
  const hold = {
    status: directive.status,
    level: directive.level,
    revokedTools: directive.revokedTools,
    sentAt: directive.createdAt,
  };
  const event = {
    kind,
    at,
    receivedAt,
    durationMs: body.latency_ms ?? 0,
    tool: body.tool ?? null,
    success: body.success ?? null,
    heldBy: body.attributes?.[HELD_BY],
    inKnownRun: [runId, body.parent_run_id, body.root_run_id].some((id) => id && known.has(id)),
  };
  const own = body.instance_id ? confirmed.get(body.instance_id) : earliest(confirmed);
  return breaksHold(event, hold, own ?? null, config.inFlightMs);
}

/** What names no instance is told apart by our clock alone: nobody knows whose clock it goes by. */
function earliest(confirmed: ReadonlyMap<string, Confirmed>): Confirmed | null {
  if (confirmed.size === 0) return null;
  const receivedAt = Math.min(...[...confirmed.values()].map((one) => one.receivedAt));
  return { at: Number.POSITIVE_INFINITY, receivedAt };
}

function note(identity: Identity, { body, kind }: StoredEvent): void {
  identity.model = body.model ?? identity.model;
  identity.promptVersion = body.prompt_version ?? identity.promptVersion;
  identity.toolsHash = body.tools_hash ?? identity.toolsHash;
  if (body.prompt_hash && body.prompt_hash !== identity.promptHash) {
    identity.promptHash = body.prompt_hash;
    identity.promptSamples = 0;
  }
  if (kind === "heartbeat" && body.enforced !== undefined && body.enforced !== null) identity.enforcement = true;
  if (body.tool && !identity.tools?.includes(body.tool))
    identity.tools = [...(identity.tools ?? []), body.tool].slice(-MAX_TOOLS);
}

/** A prompt is good once enough healthy samples were seen with it, without a break. */
function provePrompt(identity: Identity, agent: Agent, { body }: StoredEvent): void {
  const hash = body.prompt_hash;
  if (!hash) return;
  identity.promptSamples += 1;
  const needed = agent.goodPromptHash === null ? FIRST_PROMPT_SAMPLES : LATER_PROMPT_SAMPLES;
  if (identity.promptSamples >= needed && agent.goodPromptHash !== hash) identity.goodPromptHash = hash;
}

function feed(tests: Test[], detector: Detector, event: StoredEvent, anomalies: Anomaly[], now: number): void {
  for (const test of tests) {
    if (!isAfter(event, test.since)) continue;
    const { probation, baseline } = test;
    const measured = baseline ?? detector.state;
    observeProbation(probation, measured, observationOf(event, false, now), anomalies, detector.state);
    widen(test, measured, anomalies);
    test.moved = true;
  }
}

/** What a cure may bring about by itself: work that ends, a cache that has to fill again. */
const OF_A_CURE: ReadonlySet<AnomalyType> = new Set<AnomalyType>(["vanished_work", "cache_collapse"]);

/**
 * Whatever fires meanwhile has to be back in band too, or an agent at large could trade one illness for another. After an action that
 * is what proves an illness of its own and that no action brings about.
 */
function widen({ probation, action }: Test, state: DetectorState, anomalies: readonly Anomaly[]): void {
  const counts = anomalies.filter(({ verdict, type }) =>
    action === null ? verdict !== "watch" : verdict === "quarantine" && !OF_A_CURE.has(type),
  );
  if (counts.length > 0) widenProbation(probation, state, counts, action !== null);
}

/** After the acknowledgement: by the directive version that the event itself names, else by its time. */
const isAfter = (event: StoredEvent, since: { at: number; version: number | null }): boolean => {
  const version = event.body.directive_version;
  if (since.version !== null && version !== null && version !== undefined) return version >= since.version;
  return event.at >= since.at;
};
