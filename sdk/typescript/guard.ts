import { tooMany, type UsedUp, usedUp } from "./budgets.js";
import { type Desk, openModelCall, openToolCall, type Told } from "./calls.js";
import { createEnforcement } from "./enforcement.js";
import { follow } from "./follow.js";
import { hashAction } from "./hash.js";
import { SentinelHold } from "./hold.js";
import { createIdentity, reach } from "./identity.js";
import { limitsOf, modelHold, toolHold } from "./limits.js";
import { GUARD_DEFAULTS, type GuardOptions } from "./options.js";
import { quietly } from "./quietly.js";
import { readError, wasCancelled } from "./reading.js";
import { createRegistrar, type Registrar } from "./register.js";
import type { Waiting } from "./queue.js";
import { createRuns, currentRun, insideRun, type Run, runEnd, type RunStart } from "./runs.js";
import { defined, prepare } from "./prepare.js";
import type { Asking, Guard } from "./seat.js";
import { createTrees, treesOf } from "./trees.js";
import { createUnknownOutcomes } from "./unknown.js";
import { afterDelay } from "./wait.js";
import type { AgentEvent } from "./wire.js";

/** How long a failed run may take to go on before its end is reported, ms. */
const RECOVERY_MS = 2000;
/** A run that nobody has touched for this long was left without a word, ms. */
const ABANDONED_MS = 900_000;

interface Passage {
  run: Run | undefined;
  within?: Run | undefined;
  signal: AbortSignal | undefined;
  next?: "model" | "tool";
  task?: Waiting;
  /** What else a budget may keep from going ahead. */
  over?: (() => UsedUp | null) | undefined;
}

const isLimit = ({ kind }: SentinelHold) => kind === "capped" || kind === "loop";

/**
 * The part of the SDK that stands in the execution path of one agent instance: it obeys, counts and reports. It knows no framework; with `sink`
 * no network either. Throws for an agent id or a limit that cannot be right, and after that nothing but SentinelHold.
 */
export function createGuard(options: GuardOptions): Guard {
  const o = { ...GUARD_DEFAULTS, ...options };
  const limits = limitsOf(o.limits);
  const { client, own, remote } = reach(options);
  const now = () => performance.now();
  const identity = createIdentity(o);
  const trees = treesOf(client.realm);
  const runs = createRuns(now, trees);
  const e = createEnforcement(options, runs, now, (event, urgent) => client.enqueue(stamp(event), urgent), () => client.stats().dropped); // prettier-ignore
  if (!remote || !o.enforce) e.known.abort();

  function stamp(event: Told): AgentEvent {
    const d = e.state.latest();
    return identity.stamp({ ...(d && { directive_version: d.version, directive_hash: d.hash }), ...event });
  }

  const stopListening = client.listen(o.agentId, e.receive);
  const following = followed();
  const beat = setInterval(() => {
    e.heartbeat(false);
    for (const run of runs.idle(ABANDONED_MS)) guard.endRun(run, "abandoned");
  }, o.heartbeatMs).unref();

  function followed(): Pick<Registrar, "describe" | "stop"> {
    if (!remote) return { describe() {}, stop() {} };
    const about = { ...identity.registration, enforcement: o.enforce };
    if (!o.enforce) return createRegistrar(client, about);
    return follow({
      client,
      instanceId: identity.instanceId,
      registration: { ...about, can_clone: o.clone !== undefined, held_prompts: e.heldPrompts() },
      pollSeconds: o.pollSeconds,
      version: () => e.state.latest()?.version ?? null,
    });
  }

  const unknown = createUnknownOutcomes();
  const desk: Desk = {
    now,
    enter: e.gate.enter,
    report: (event, run) => guard.report(event, run),
    prices: o.prices,
    sideEffects: o.sideEffects,
    cutOff: ({ run, action, idempotencyKey }) => unknown.note(run, action, idempotencyKey),
  };

  /** The run of a call: the one given, or the current one if it is ours. */
  const runOf = ({ run }: Asking) => run ?? runs.get(currentRun()?.runId ?? "");
  /** What binds a call outside of a run is the directive alone: no run's count is its own. */
  const countsOf = (run: Run | undefined) => run ?? createRuns(now, createTrees()).start({});

  const spent = (run: Run, next: "model" | "tool") => usedUp(e.state.budgets(), run, next, now());

  /** A run inside another one is that run's child, whichever agent's that is. */
  function inherit(begin: RunStart): RunStart {
    const outer = currentRun();
    const ids = outer && !begin.parentRunId ? { parentRunId: outer.runId, rootRunId: outer.rootRunId } : {};
    return { ...ids, ...(defined(begin) as RunStart) };
  }

  /** The budget of a tree that keeps a run from joining it. */
  function crowded(begin: RunStart): UsedUp | null {
    const place = trees.look(inherit(begin));
    return place && tooMany(e.state.budgets(), place);
  }

  /** `within`: the run that it is part of, where `run` has yet to begin. `task`: what has yet to start. */
  async function pass({
    run,
    within = run,
    signal,
    next = "model",
    task,
    over = () => (run ? spent(run, next) : null),
  }: Passage): Promise<void> {
    if (!o.enforce) return;
    const began = now();
    if (!e.known.signal.aborted) {
      await afterDelay(o.startBudgetMs, e.known.signal);
      e.known.abort();
    }
    const underWay = () => e.underWay(within);
    const hold = (await e.gate.pass({ signal, over, underWay, task })) ?? run?.condemned;
    if (run) {
      run.waitedMs += now() - began;
      touch(run);
    }
    if (hold) throw hold;
  }

  /** Asks for what has yet to start (`begin`; null: nothing new): it may wait in a queue, unless it is part of a run in progress. */
  async function start({ run, signal, taskId }: Asking, within = run, begin: RunStart | null = {}): Promise<void> {
    const task = e.queue.meet(taskId);
    try {
      const over = () => (run ? spent(run, "model") : null) ?? (begin && crowded(begin));
      await pass({ run, within, signal, over, ...(!e.underWay(within) && { task }) });
    } finally {
      task.leave();
    }
  }

  /** Passes the gate, then decides and counts in one step: there is no await after the last look at the budgets. */
  async function admit<T>(
    asking: Asking,
    next: "model" | "tool",
    limit: (run: Run) => SentinelHold | null,
    open: (run?: Run) => T,
  ) {
    const run = runOf(asking);
    try {
      do await pass({ run, signal: asking.signal, next });
      // Other calls may have used it up while this one passed.
      while (o.enforce && run && spent(run, next));
      const hold = o.enforce ? limit(countsOf(run)) : null;
      if (hold) throw hold;
    } catch (hold) {
      if (run && hold instanceof SentinelHold) refused(run, hold, next);
      throw hold;
    }
    return open(run);
  }

  function refused(run: Run, hold: SentinelHold, next: "model" | "tool") {
    if (next === "tool") run.refusedToolCalls++;
    if (hold.endsRun || hold.kind === "capped") run.outcome ??= isLimit(hold) ? "limited" : "stopped";
    if (hold.endsRun && hold.kind === "loop") run.condemned ??= hold;
  }

  const guard: Guard = {
    instanceId: identity.instanceId,
    async run(work, begin = {}) {
      try {
        await start({ taskId: begin.taskId }, begin.parentRunId ? runs.get(begin.parentRunId) : runOf({}), begin);
      } catch (hold) {
        guard.refusedRun();
        throw hold;
      }
      const run = guard.beginRun(begin);
      try {
        const answer = await insideRun(run, () => work(run));
        guard.endRun(run, "success");
        return answer;
      } catch (error) {
        if (error instanceof SentinelHold)
          guard.endRun(
            run,
            isLimit(error) || error.kind === "revoked" || error.kind === "unknown_outcome" ? "limited" : "stopped",
          );
        else guard.endRun(run, wasCancelled(error) ? "cancelled" : "error", error);
        throw error;
      }
    },
    beginRun(start = {}) {
      const run = runs.start(inherit(start));
      guard.report({ kind: "run_start" }, run);
      return run;
    },
    getRun: runs.get,
    endRun(run, outcome = "success", error) {
      if (!runs.end(run)) return;
      clearTimeout(run.ending?.timer);
      // Frameworks do not always say that a call failed: nothing may stay past the gate for ever.
      for (const call of run.openCalls) {
        if (error === undefined) call.abandon();
        else call.finish(error);
      }
      if (error !== undefined) run.errorType = quietly(() => readError(error).errorType, "unknown");
      guard.report(runEnd(run, outcome === "error" ? outcome : (run.outcome ?? outcome), now()), run);
    },
    endRunUnlessItGoesOn(run, outcome, errorType) {
      touch(run);
      run.errorType = errorType;
      run.ending = { outcome, timer: setTimeout(() => guard.endRun(run, outcome), RECOVERY_MS) };
      (run.ending.timer as { unref?: () => void }).unref?.();
    },
    passGate: ({ run, ...asking } = {}) => start({ ...asking, run: runOf({ run }) }, undefined, run ? null : {}),
    refusedRun: e.refusedRun,
    beforeModel: (about = {}) =>
      admit(
        about,
        "model",
        (run) => modelHold(limits, e.restrictions(), run),
        (run) => {
          const { prompt, temperature } = about;
          const plain = { told: {}, sent: { prompt, temperature, rolledBack: false, lowered: false } };
          const { told, sent } = quietly(() => prepare(about, o, e, following.describe), plain);
          return openModelCall(desk, run, told, sent);
        },
      ),
    afterModel(call, { error, ...usage } = {}) {
      call.record(usage);
      call.finish(error);
    },
    sawModel({ run, ...told }) {
      const sent = { prompt: undefined, temperature: undefined, rolledBack: false, lowered: false };
      openModelCall(desk, run, { latency_ms: undefined, ...told }, sent).finish();
    },
    beforeTool(tool, args, asking = {}) {
      const action = hashAction(tool, args);
      const named = () => quietly(() => o.idempotencyKey?.(tool, args), undefined);
      const idempotencyKey = asking.idempotencyKey ?? named();
      return admit(
        asking,
        "tool",
        (run) =>
          unknown.forbids(runOf(asking), action, idempotencyKey)
            ? new SentinelHold("unknown_outcome", `an earlier call of ${tool} with these arguments was cut off, and whether it took effect is unknown. Do not repeat it.`, false) // prettier-ignore
            : toolHold(limits, e.restrictions(), run, tool, action),
        (run) => openToolCall(desk, run, { tool, action, idempotencyKey }),
      );
    },
    afterTool(call, result, { error, ...more } = {}) {
      if (result !== undefined) call.result(result);
      call.record(more);
      call.finish(error);
    },
    async race(call, work) {
      let stop = () => {};
      const stopped = new Promise<never>((_, reject) => {
        stop = () => reject(new SentinelHold("ended", "the run was stopped while this call was running"));
      });
      call.signal.addEventListener("abort", stop, { once: true });
      try {
        if (call.signal.aborted) stop();
        return await Promise.race([stopped, work]);
      } finally {
        call.signal.removeEventListener("abort", stop);
      }
    },
    receive: e.receive,
    noteUnknownOutcome: (run, action, key) => unknown.note(run, action, key),
    restrictions: e.restrictions,
    memoryNamespace: () => e.namespace() ?? o.agentId,
    withoutPromptSeat() {
      e.withoutPromptSeat();
      following.describe({ held_prompts: [] });
    },
    describe: following.describe,
    report(event, run) {
      const ids = run && {
        run_id: run.runId,
        root_run_id: run.rootRunId,
        ...(run.parentRunId && { parent_run_id: run.parentRunId }),
        ...(run.taskId && { task_id: run.taskId }),
      };
      quietly(() => client.enqueue(stamp({ ...ids, ...event })));
    },
    directive: e.state.latest,
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
    trees.touch(run.runId, run.place);
  }
  return guard;
}
