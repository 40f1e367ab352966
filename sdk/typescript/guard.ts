import { usedUp } from "./budgets";
import type { ClientStats } from "./client";
import { createDirectiveState } from "./directive";
import { follow } from "./follow";
import { createGate, type Gate, type Ticket } from "./gate";
import { clientOf, createIdentity } from "./identity";
import { GUARD_DEFAULTS, type GuardOptions } from "./options";
import { createHeldPrompts, type HeldPrompt } from "./prompts";
import { hashText } from "./hash";
import { createRuns, type Run, runEnd, type RunOutcome, type RunStart } from "./runs";
import { afterDelay } from "./wait";
import type { AgentEvent, Directive, Registration } from "./wire";

/** What a directive takes from an agent that may run. Null is no limit. */
export interface Restrictions {
  revokedTools: ReadonlySet<string>;
  maxModelCalls: number | null;
  maxToolCalls: number | null;
  temperature: number | null;
  /** The prompt to use instead of the host's own; null to use the host's, also where the wanted one is not held. */
  prompt: HeldPrompt<unknown> | null;
}

export interface Guard {
  readonly instanceId: string;
  /** Resolves once the standing directive is known, or the start budget is spent. Only the first run ever waits. */
  ready(): Promise<void>;
  /** Asks whether a call of this run may go ahead; waits while paused or while a person is asked for more budget, within the pause budget. */
  pass(signal?: AbortSignal, run?: Run, next?: "model" | "tool"): Promise<Gate>;
  /** Counts a call as past the gate until its `end()`. */
  enter(run?: Run, tool?: string): Ticket;
  restrictions(): Restrictions;
  /** The memory namespace to work in. It changes with the directive's memory epoch; the old one stays as it was. */
  memoryNamespace(): string;
  /** Holds a prompt that is in use, so that the agent can be told to go back to it. */
  sawPrompt(hash: string, version: string | undefined, prompt: unknown): void;
  /** What the agent is (model, tools, prompt), told to Sentinel when it changes. */
  describe(news: Partial<Registration>): void;
  startRun(start: RunStart): Run;
  getRun(runId: string): Run | undefined;
  endRun(run: Run, outcome: RunOutcome): void;
  /** Ends the run soon, unless it goes on: whoever catches the error may try again. */
  endRunUnlessItGoesOn(run: Run, outcome: RunOutcome, errorType?: string): void;
  refusedRun(): void;
  report(event: Omit<AgentEvent, "agent_id">, run?: Run): void;
  /** The newest directive received; null before any. */
  directive(): Directive | null;
  flush(timeoutMs?: number): Promise<boolean>;
  stats(): ClientStats;
  close(timeoutMs?: number): Promise<void>;
}

/** How long a failed run may take to go on before its end is reported, ms. */
const RECOVERY_MS = 2000;
/** A run that nobody has touched for this long was left without a word, ms. */
const ABANDONED_MS = 900_000;
const MAX_HELD_PROMPTS = 20;

/** The part of the SDK that stands in the execution path of one agent instance: it obeys, counts and reports. */
export function createGuard(options: GuardOptions): Guard {
  const o = { ...GUARD_DEFAULTS, ...options };
  const { client, own } = clientOf(options);
  const now = () => performance.now();
  const identity = createIdentity(o);
  const state = createDirectiveState(o.whenUnreachable, now);
  const gate = createGate(state, { pauseBudgetMs: o.pauseBudgetMs, toolGraceMs: o.toolGraceMs, left: confirm });
  const runs = createRuns(now);
  const prompts = createHeldPrompts<unknown>(Math.min(o.heldPrompts, MAX_HELD_PROMPTS));
  const known = new AbortController();
  const cloned = new Map<string, "starting" | "started" | "failed">();
  let confirmed = -1;
  let refusedRuns = 0;

  for (const { text, version } of o.knownPrompts ?? []) prompts.see(hashText(text), version, text);

  /** What the directive in force asks for and this instance cannot do. */
  function cannot(d: Directive): string[] {
    const lacks = [];
    if (d.prompt && !prompts.get(d.prompt.rollback_to)) lacks.push("rollback_prompt");
    if (d.memory_epoch > 0 && namespace(d.memory_epoch) === null) lacks.push("reset_memory");
    if (d.successor !== null && (!o.clone || cloned.get(d.successor) === "failed")) lacks.push("clone_agent");
    return lacks;
  }

  function namespace(epoch: number): string | null {
    try {
      return o.memory?.(epoch) ?? null;
    } catch {
      return null;
    }
  }

  /** Whether this instance holds the directive: closed and nobody past the gate, or all restrictions on every call in flight. */
  function enforced(d: Directive): boolean {
    if (state.inForce().kind !== "directive" || cannot(d).length > 0) return false;
    if (d.successor !== null && cloned.get(d.successor) !== "started") return false;
    return d.status === "run" ? gate.inFlight(d.version) === 0 : gate.inFlight() === 0;
  }

  function heartbeat(urgent: boolean) {
    const d = state.latest();
    const lacks = d ? cannot(d) : [];
    const holds = d !== null && enforced(d);
    if (d && holds) confirmed = d.version;
    const { names, longestMs } = gate.openTools();
    const attributes = {
      in_flight: gate.inFlight(),
      ...(names.length > 0 && { open_tools: names.join(","), open_tool_ms: Math.round(longestMs) }),
      dropped: client.stats().dropped,
      ...(refusedRuns > 0 && { refused_runs: refusedRuns }),
      ...(lacks.length > 0 && { cannot: lacks.join(",") }),
    };
    client.enqueue(stamp({ kind: "heartbeat", attributes, ...(holds && { enforced: true }) }), urgent);
  }

  /** Says once that the directive is enforced, as soon as it is. */
  function confirm() {
    const d = state.latest();
    if (d && d.version !== confirmed && enforced(d)) heartbeat(true);
  }

  function stamp(event: Omit<AgentEvent, "agent_id">): AgentEvent {
    const d = state.latest();
    return identity.stamp({ ...(d && { directive_version: d.version, directive_hash: d.hash }), ...event });
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

  function receive(directive: Directive) {
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
      for (const run of runs.all()) run.condemned = why;
      gate.condemn();
    }
    gate.changed();
    if (directive.status === "retired" && directive.successor !== null) void startSuccessor(directive.successor);
    heartbeat(true);
  }

  const stopListening = client.listen(o.agentId, receive);
  const following = follow({
    client,
    instanceId: identity.instanceId,
    registration: {
      ...identity.registration,
      enforcement: true,
      can_clone: o.clone !== undefined,
      held_prompts: prompts.hashes(),
    },
    pollSeconds: o.pollSeconds,
    version: () => state.latest()?.version ?? null,
  });
  const beat = setInterval(() => {
    heartbeat(false);
    for (const run of runs.idle(ABANDONED_MS)) guard.endRun(run, "abandoned");
  }, o.heartbeatMs).unref();

  const guard: Guard = {
    instanceId: identity.instanceId,
    async ready() {
      if (known.signal.aborted) return;
      await afterDelay(o.startBudgetMs, known.signal);
      known.abort();
    },
    async pass(signal, run, next = "model") {
      const began = now();
      const over = run && (() => usedUp(state.budgets(), run, next, now()));
      const answer = await gate.pass(signal, over);
      if (run) {
        run.waitedMs += now() - began;
        touch(run);
      }
      if (answer.open && run?.condemned) return { open: false, reason: run.condemned };
      return answer;
    },
    enter(run, tool) {
      const ticket = gate.enter(tool);
      if (run) run.inFlight++;
      return {
        signal: ticket.signal,
        end() {
          if (run) {
            run.inFlight--;
            run.lastSeenAt = now();
          }
          ticket.end();
        },
      };
    },
    restrictions() {
      const held = state.inForce();
      const d = held.kind === "directive" ? held.directive : null;
      return {
        revokedTools: new Set(d?.revoked_tools),
        maxModelCalls: d?.autonomy.max_model_calls ?? null,
        maxToolCalls: d?.autonomy.max_tool_calls ?? null,
        temperature: d?.autonomy.temperature ?? null,
        prompt: d?.prompt ? prompts.get(d.prompt.rollback_to) : null,
      };
    },
    memoryNamespace() {
      // A lapsed lease opens the gate; it does not bring back a memory that was set aside.
      return namespace(state.latest()?.memory_epoch ?? 0) ?? o.agentId;
    },
    sawPrompt(hash, version, prompt) {
      if (prompts.see(hash, version, prompt)) following.describe({ held_prompts: prompts.hashes() });
    },
    describe: following.describe,
    startRun(start) {
      const run = runs.start(start);
      guard.report({ kind: "run_start" }, run);
      return run;
    },
    getRun: runs.get,
    endRun(run, outcome) {
      if (!runs.end(run)) return;
      clearTimeout(run.ending?.timer);
      guard.report(runEnd(run, outcome === "error" ? outcome : (run.outcome ?? outcome), now()), run);
    },
    endRunUnlessItGoesOn(run, outcome, errorType) {
      touch(run);
      run.errorType = errorType;
      run.ending = { outcome, timer: setTimeout(() => guard.endRun(run, outcome), RECOVERY_MS).unref() };
    },
    refusedRun: () => void refusedRuns++,
    report(event, run) {
      const ids = run && {
        run_id: run.runId,
        root_run_id: run.rootRunId,
        ...(run.parentRunId && { parent_run_id: run.parentRunId }),
        ...(run.taskId && { task_id: run.taskId }),
      };
      client.enqueue(stamp({ ...ids, ...event }));
    },
    directive: state.latest,
    flush: (timeoutMs) => client.flush(timeoutMs),
    stats: () => client.stats(),
    async close(timeoutMs) {
      following.stop();
      clearInterval(beat);
      stopListening();
      for (const run of runs.all()) guard.endRun(run, run.ending?.outcome ?? "cancelled");
      if (own) await client.close(timeoutMs);
      else await client.flush(timeoutMs);
    },
  };

  function touch(run: Run) {
    clearTimeout(run.ending?.timer);
    run.ending = undefined;
    run.lastSeenAt = now();
  }
  return guard;
}

/**
 * Why runs under way must end. A quarantine ends them even when it is lifted before they meet the gate: what they have
 * read is what made the agent ill. So does a fresh memory: they began with the old one.
 */
function endsRuns(d: Directive, before: Directive | null): string | null {
  if (d.status === "quarantined") return "this agent was put in quarantine during this run";
  if (d.status === "retired") return "this agent was retired during this run";
  return d.memory_epoch !== (before?.memory_epoch ?? 0) ? "this agent's memory was reset during this run" : null;
}
