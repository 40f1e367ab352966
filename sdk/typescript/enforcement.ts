import { createDirectiveState, type DirectiveState } from "./directive.js";
import { createGate, type GateKeeper } from "./gate.js";
import { hashText } from "./hash.js";
import { SentinelHold } from "./hold.js";
import { GUARD_DEFAULTS, type GuardSettings } from "./options.js";
import { createHeldPrompts, type HeldPrompt } from "./prompts.js";
import { createQueue } from "./queue.js";
import type { createRuns, Run } from "./runs.js";
import type { AgentEvent, Directive } from "./wire.js";

/** What a directive takes from an agent that may run. Null is no limit. */
export interface Restrictions {
  revokedTools: ReadonlySet<string>;
  maxModelCalls: number | null;
  maxToolCalls: number | null;
  temperature: number | null;
  /** The prompt to use instead of the host's own; null to use the host's, also where the wanted one is not held. */
  prompt: HeldPrompt<unknown> | null;
}

export interface Enforcement {
  state: DirectiveState;
  gate: GateKeeper;
  queue: ReturnType<typeof createQueue>;
  /** Whether a run was in progress when a hold on new runs came, or belongs to one that was. */
  underWay: (run: Run | undefined) => boolean;
  prompts: ReturnType<typeof createHeldPrompts<unknown>>;
  /** Aborts once a directive has been received. */
  known: AbortController;
  receive: (directive: Directive) => void;
  restrictions: () => Restrictions;
  /** The memory namespace of the newest directive's epoch; null where the host names none. */
  namespace: () => string | null;
  heartbeat: (urgent: boolean) => void;
  refusedRun: () => void;
  /** Hashes of the prompts that the agent can go back to. */
  heldPrompts: () => string[];
  /** For a framework where the prompt cannot be replaced: a rollback is then answered with "cannot". */
  withoutPromptSeat: () => void;
}

const MAX_HELD_PROMPTS = 20;

/**
 * What a guard does with directives: obeys them, and says truthfully whether they hold here. `emit(event, urgent)` takes heartbeats; their
 * acknowledgement is the proof that nothing gets past the gate. `dropped`: how many events were lost before they could be sent.
 */
export function createEnforcement(
  settings: GuardSettings,
  runs: ReturnType<typeof createRuns>,
  now: () => number,
  emit: (event: Partial<AgentEvent>, urgent: boolean) => void,
  dropped: () => number,
): Enforcement {
  const o = { ...GUARD_DEFAULTS, ...settings };
  const state = createDirectiveState(o.whenUnreachable, now);
  const gate = createGate(state, { pauseBudgetMs: o.pauseBudgetMs, toolGraceMs: o.toolGraceMs, left: confirm });
  const queue = createQueue(
    settings,
    (event) => emit(event, false),
    () => gate.changed(),
  );
  /** When a hold on new runs came. */
  let heldSince = 0;
  const prompts = createHeldPrompts<unknown>(Math.min(o.heldPrompts, MAX_HELD_PROMPTS));
  const known = new AbortController();
  const cloned = new Map<string, "starting" | "started" | "failed">();
  let confirmed = -1;
  let refusedRuns = 0;
  let promptSeat = true;

  for (const { text, version } of o.knownPrompts ?? []) prompts.see(hashText(text), version, text);

  function namespace(epoch: number): string | null {
    try {
      return o.memory?.(epoch) ?? null;
    } catch {
      return null;
    }
  }

  /** What the directive in force asks for and this instance cannot do. */
  function cannot(d: Directive): string[] {
    const lacks = [];
    if (d.prompt && !(promptSeat && prompts.get(d.prompt.rollback_to))) lacks.push("rollback_prompt");
    if (d.memory_epoch > 0 && namespace(d.memory_epoch) === null) lacks.push("reset_memory");
    if (d.successor !== null && (!o.clone || cloned.get(d.successor) === "failed")) lacks.push("clone_agent");
    return lacks;
  }

  /** Whether this instance holds the directive: closed and nobody past the gate, or all restrictions on every call in flight. */
  function enforced(d: Directive): boolean {
    if (state.inForce().kind !== "directive" || cannot(d).length > 0) return false;
    if (d.successor !== null && cloned.get(d.successor) !== "started") return false;
    // Runs in progress may go on, and nothing else gets past the gate.
    if (holdsNewOnly(d)) return true;
    return d.status === "run" ? gate.inFlight(d.version) === 0 : gate.inFlight() === 0;
  }

  function heartbeat(urgent: boolean) {
    const d = o.enforce ? state.latest() : null;
    const lacks = d ? cannot(d) : [];
    const holds = d !== null && enforced(d);
    if (d && holds) confirmed = d.version;
    const { names, longestMs } = gate.openTools();
    const attributes = {
      in_flight: gate.inFlight(),
      ...(names.length > 0 && { open_tools: names.join(","), open_tool_ms: Math.round(longestMs) }),
      dropped: dropped(),
      ...(refusedRuns > 0 && { refused_runs: refusedRuns }),
      ...(lacks.length > 0 && { cannot: lacks.join(",") }),
    };
    emit({ kind: "heartbeat", attributes, ...(holds && { enforced: true }) }, urgent);
  }

  /** Says once that the directive is enforced, as soon as it is. */
  function confirm() {
    const d = o.enforce ? state.latest() : null;
    if (d && d.version !== confirmed && enforced(d)) heartbeat(true);
  }

  async function startSuccessor(id: string) {
    if (!o.clone || cloned.has(id)) return;
    cloned.set(id, "starting");
    try {
      await o.clone(id);
      cloned.set(id, "started");
    } catch {
      cloned.set(id, "failed");
    }
    heartbeat(true);
  }

  function underWay(run: Run | undefined): boolean {
    if (!run) return false;
    return run.startedAt <= heldSince || underWay(run.parentRunId ? runs.get(run.parentRunId) : undefined);
  }

  return {
    state,
    gate,
    queue,
    underWay,
    prompts,
    known,
    receive(directive) {
      if (!o.enforce) return;
      const before = state.latest();
      const newer = state.receive(directive);
      known.abort();
      if (!newer) {
        // Budgets may have grown without a new version.
        gate.changed();
        return;
      }
      const why = endsRuns(directive, before);
      if (why) {
        for (const run of runs.all()) run.condemned ??= why;
        if (directive.level === "kill") gate.condemn(0);
        else gate.condemn();
      }
      if (holdsNewOnly(directive) && !(before && holdsNewOnly(before))) heldSince = now();
      gate.changed();
      if (handsOver(directive) && !(before && handsOver(before) && before.hand_over_to === directive.hand_over_to))
        void queue.handOver(directive);
      if (directive.status === "retired" && directive.successor !== null) void startSuccessor(directive.successor);
      heartbeat(true);
    },
    restrictions() {
      const held = state.inForce();
      const d = held.kind === "directive" ? held.directive : null;
      return {
        revokedTools: new Set(d?.revoked_tools),
        maxModelCalls: d?.autonomy.max_model_calls ?? null,
        maxToolCalls: d?.autonomy.max_tool_calls ?? null,
        temperature: d?.autonomy.temperature ?? null,
        prompt: d?.prompt && promptSeat ? prompts.get(d.prompt.rollback_to) : null,
      };
    },
    // A lapsed lease opens the gate; it does not bring back a memory that was set aside.
    namespace: () => namespace(state.latest()?.memory_epoch ?? 0),
    heartbeat,
    refusedRun: () => void refusedRuns++,
    heldPrompts: () => (promptSeat ? prompts.hashes() : []),
    withoutPromptSeat() {
      if (!promptSeat) return;
      promptSeat = false;
      if (state.latest()?.prompt) heartbeat(true);
    },
  };
}

const holdsNewOnly = ({ status, level }: Directive) => status === "quarantined" && level === "hold_new";
const handsOver = ({ status, level }: Directive) => status === "quarantined" && level === "hand_over";

/**
 * Why runs under way must end. A quarantine ends them even when it is lifted before they meet the gate: what they have
 * read is what made the agent ill. So does a fresh memory: they began with the old one.
 */
function endsRuns(d: Directive, before: Directive | null): SentinelHold | null {
  if (holdsNewOnly(d)) return null;
  if (d.status === "quarantined") return new SentinelHold("ended", "this agent was quarantined during this run");
  if (d.status === "retired") return new SentinelHold("ended", "this agent was retired during this run");
  if (d.memory_epoch === (before?.memory_epoch ?? 0)) return null;
  return new SentinelHold("ended", "this agent's memory was reset during this run");
}
