import type { UsedUp } from "./budgets.js";
import type { DirectiveState } from "./directive.js";
import { SentinelHold } from "./hold.js";
import type { Waiting } from "./queue.js";
import { afterDelay } from "./wait.js";

export interface Ticket {
  /** Aborts when the call is to end and has not within the grace. */
  signal: AbortSignal;
  end(): void;
}

export interface GateKeeper {
  /**
   * Waits within the pause budget: while paused, while `over` names a budget that a person may raise, and in a queue. Afterwards, with no
   * await in between, `enter`. Null when open.
   */
  pass(passing: Passing): Promise<SentinelHold | null>;
  enter: (tool?: string) => Ticket;
  /** Calls in flight, or only those that began under a directive older than `version`. */
  inFlight(before?: number): number;
  /** Tools that are at work, and how long the longest has been, ms. */
  openTools(): { names: string[]; longestMs: number };
  /** A new directive is in force: wakes who waits. */
  changed(): void;
  /** What is past the gate now has so long to finish, in ms, even if the gate opens again meanwhile. Default: the grace. */
  condemn(graceMs?: number): void;
}

/** Who passes. */
export interface Passing {
  signal?: AbortSignal | undefined;
  over?: (() => UsedUp | null) | undefined;
  /** Whether it is work of a run in progress, which a hold on new runs lets go on. */
  underWay?: (() => boolean) | undefined;
  /** A task that has yet to start. */
  task?: Waiting | undefined;
}

/** A lease may end while a run waits: look again this often, ms. */
const LOOK_AGAIN_MS = 1000;

export interface GateOptions {
  pauseBudgetMs: number;
  toolGraceMs: number;
  /** Called when a call in flight has ended. */
  left: () => void;
}

/** The gate in the execution path: every model and tool call passes it and is counted while past it. */
export function createGate(state: DirectiveState, { pauseBudgetMs, toolGraceMs, left }: GateOptions): GateKeeper {
  const past = new Set<{ version: number; tool: string | undefined; since: number; abort: AbortController }>();
  let wake = new AbortController();

  /** Null when open. */
  function look(underWay: boolean): SentinelHold | "paused" | null {
    const now = state.inForce();
    if (now.kind === "free") return null;
    if (now.kind === "closed")
      return new SentinelHold(
        "unreachable",
        "Sentinel is unreachable, and this agent is configured to stop without it",
      );
    const { status, level, reason } = now.directive;
    const because = reason ? `: ${reason}` : "";
    switch (status) {
      case "run":
        return null;
      case "paused":
        return "paused";
      case "quarantined":
        if (level === "hold_new" && underWay) return null;
        return new SentinelHold(status, `this agent is quarantined${because}`);
      case "retired":
        return new SentinelHold(status, `this agent is retired${because}`);
    }
  }

  return {
    async pass({ signal, over, underWay, task }) {
      const until = performance.now() + pauseBudgetMs;
      for (;;) {
        const gate = look(underWay?.() ?? false);
        const spent = gate === null ? (over?.() ?? null) : null;
        const queued = gate !== "paused" && gate?.kind === "quarantined" ? state.latest() : null;
        if (gate !== "paused" && spent === null && queued === null) return gate;
        const left = until - performance.now();
        if (gate !== "paused" && queued) {
          const waits = left > 0 && (await (task?.waits(queued, left) ?? queued.level === "hold_new"));
          if (!waits || signal?.aborted) return gate;
          // It may have been released while the host was asked.
          if (state.latest() !== queued) continue;
        }
        if (spent && (spent.budget.at_limit === "stop" || left <= 0))
          return new SentinelHold("capped", spent.reason, spent.endsRun);
        if (left <= 0) return new SentinelHold("paused", "this agent is paused for longer than its run may wait");
        if (signal?.aborted) return new SentinelHold("paused", "the run was cancelled while the agent was paused");
        await afterDelay(Math.min(left, LOOK_AGAIN_MS), wake.signal, signal);
      }
    },
    enter(tool) {
      const version = state.latest()?.version ?? 0;
      const ticket = { version, tool, since: performance.now(), abort: new AbortController() };
      past.add(ticket);
      return {
        signal: ticket.abort.signal,
        end() {
          if (past.delete(ticket)) left();
        },
      };
    },
    inFlight: (before) => (before === undefined ? past.size : [...past].filter((t) => t.version < before).length),
    openTools() {
      const open = [...past].filter((ticket) => ticket.tool !== undefined);
      const names = [...new Set(open.map((ticket) => ticket.tool ?? ""))];
      return { names, longestMs: Math.max(0, ...open.map((ticket) => performance.now() - ticket.since)) };
    },
    changed() {
      wake.abort();
      wake = new AbortController();
    },
    condemn(graceMs = toolGraceMs) {
      const condemned = [...past];
      const end = () => {
        for (const ticket of condemned) if (past.has(ticket)) ticket.abort.abort(new Error("its run was ended"));
      };
      if (graceMs === 0) end();
      else if (condemned.length > 0) setTimeout(end, graceMs).unref();
    },
  };
}
