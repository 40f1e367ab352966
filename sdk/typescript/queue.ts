import { quietly } from "./quietly.js";
import type { AgentEvent, Directive, HoldLevel } from "./wire.js";
import { afterDelay } from "./wait.js";

export const QUEUED_DECISIONS = ["keep", "drop", "reassign"] as const;
/**
 * What becomes of a task that a quarantine keeps from starting. `keep`: it waits for the release, within the pause budget, and stays in the
 * host's queue after that; `drop`: it is not done; `reassign`: another agent does it.
 */
export type QueuedDecision = (typeof QUEUED_DECISIONS)[number];
/** A decision, and with `reassign` the agent that has the task now; without it, the one named by the directive. */
export type Decided = QueuedDecision | { decision: QueuedDecision; to?: string };

/** A task that did not start. */
export interface QueuedTask {
  taskId: string | undefined;
  /** How the agent is stopped, why, and who takes over, where one was named. */
  level: HoldLevel;
  reason: string;
  handOverTo: string | null;
}

/** What a host is told once when its tasks are to be handed over. `queued`: those that wait at the gate of this process. */
export interface HandOver {
  to: string | null;
  reason: string;
  queued: QueuedTask[];
}

export interface QueueHooks {
  /** Asked once about each task that a quarantine keeps from starting. Without it, at `hold_new` tasks wait, and else they are refused. */
  onQueued?: (task: QueuedTask) => Decided | Promise<Decided>;
  /** Told once when the level becomes `hand_over`. What it returns is recorded, of tasks in the host's own queue as well. */
  onHandOver?: (hand: HandOver) => HandedOver | Promise<HandedOver>;
}
type HandedOver = void | { taskId: string; decision: Decided }[];

/** Decisions that one hand-over reports; a longer queue is the host's to sum up. */
const MAX_HANDED_OVER = 1000;

/** One task at the gate. */
export interface Waiting {
  /** Whether it waits on under this quarantine; asks the host, for `withinMs` at most. */
  waits(directive: Directive, withinMs: number): Promise<boolean>;
  leave(): void;
}

interface Task {
  taskId: string | undefined;
  /** Set with the first decision; "none": the host was asked and did not say. */
  decision: QueuedDecision | "none" | undefined;
}

const levelOf = (d: Directive): HoldLevel => d.level ?? "drain";

/** Tasks that a quarantine keeps from starting, and what the host decides on them. `changed` wakes those that wait. */
export function createQueue(hooks: QueueHooks, report: (event: Partial<AgentEvent>) => void, changed: () => void) {
  const waiting = new Set<Task>();

  const about = ({ taskId }: Task, d: Directive): QueuedTask => ({
    taskId,
    level: levelOf(d),
    reason: d.reason,
    handOverTo: d.hand_over_to ?? null,
  });

  /** Records what the host said. Null: it said nothing that is a decision. */
  function record(taskId: string | undefined, said: unknown, d: Directive): QueuedDecision | null {
    const { decision, to } = typeof said === "object" && said !== null ? (said as { decision?: unknown; to?: unknown }) : { decision: said, to: undefined }; // prettier-ignore
    const known = QUEUED_DECISIONS.find((one) => one === decision);
    if (!known) return null;
    const heir = known === "reassign" ? (typeof to === "string" ? to : d.hand_over_to) : null;
    const attributes = { level: levelOf(d), ...(heir && { to: heir }) };
    report({ kind: "queued_task", ...(taskId && { task_id: taskId }), outcome: known, attributes });
    return known;
  }

  return {
    /** A task has come to the gate. */
    meet(taskId: string | undefined): Waiting {
      const task: Task = { taskId, decision: undefined };
      return {
        async waits(d, withinMs) {
          waiting.add(task);
          const ask = hooks.onQueued;
          if (task.decision === undefined && ask) {
            task.decision = "none";
            const late = new AbortController();
            const said = Promise.resolve()
              .then(() => ask(about(task, d)))
              .catch(() => undefined);
            const answer = await Promise.race([said, afterDelay(withinMs, late.signal)]);
            late.abort();
            task.decision = record(taskId, answer, d) ?? "none";
          }
          if (task.decision === "keep") return true;
          return levelOf(d) === "hold_new" && task.decision !== "drop" && task.decision !== "reassign";
        },
        leave: () => void waiting.delete(task),
      };
    },

    /** The level has become `hand_over`: tells the host, and records what it did with its tasks. */
    async handOver(d: Directive): Promise<void> {
      if (!hooks.onHandOver) return;
      const queued = [...waiting];
      const hand = { to: d.hand_over_to ?? null, reason: d.reason, queued: queued.map((task) => about(task, d)) };
      const handed: unknown = await Promise.resolve(hand)
        .then(hooks.onHandOver)
        .catch(() => undefined);
      if (!Array.isArray(handed)) return;
      for (const one of handed.slice(0, MAX_HANDED_OVER) as unknown[]) {
        if (typeof one !== "object" || one === null || !("taskId" in one) || typeof one.taskId !== "string") continue;
        const { taskId } = one;
        const decided = quietly(() => record(taskId, (one as { decision?: unknown }).decision, d), null);
        for (const task of queued) if (decided && task.taskId === taskId) task.decision = decided;
      }
      changed();
    },
  };
}
