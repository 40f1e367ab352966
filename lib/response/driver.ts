import type { Mover } from "@/lib/core/base/lifecycle";
import type { IncidentState, Outcome } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "@/lib/db/client";
import type { EventData } from "@/lib/core/base/events";
import type { StreamEvent } from "@/lib/db/commit";
import type { Plan } from "@/lib/db/plan";
import type { ActionRun, Proposal } from "@/lib/db/queries/healing";
import type { Incident } from "@/lib/db/queries/incidents";
import type { actionRuns } from "@/lib/db/schema";
import type { Closing } from "./close";

/** What an action is done to, as it is now. Its version moves whenever what a proposal was bound to has changed. */
export interface Target {
  id: string;
  stateVersion: number;
}

export type StartedRun = typeof actionRuns.$inferInsert;

/** Whether an approved proposal can be carried out now. */
export type Prepared =
  | {
      kind: "ready";
      /** Claims on the target, and what goes into the same commit. */
      claims: readonly Statement[];
      writes: readonly Statement[];
      /** The action, as the timeline calls it, and what else the event says of it. */
      title: string;
      data: StartedData;
      /** Carries it out, and records how that ended. Called once, after the run was written down. */
      perform: (run: StartedRun) => Promise<void>;
    }
  | { kind: "void"; reason: string }
  /** Not yet: a later turn asks again. */
  | { kind: "waiting" };
type StartedData = EventData<"action.started"> extends infer D ? (D extends unknown ? Omit<D, "run"> : never) : never;

/** What an action was measured to have done. */
export interface Verdict {
  outcome: Exclude<Outcome, "pending">;
  reason: string;
  /** The measurement behind it, as it is kept. */
  verification: Record<string, unknown>;
  /** The action did all that it was for, and has no effect to be measured: the incident ends with this outcome. */
  ends?: string;
  /** How the run itself ended, where that is known only now. */
  state?: ActionRun["state"];
}

/** What follows from an action that did not help. */
export interface Failure {
  /** Whether it was taken back; left out: there was nothing to take back. */
  undone?: boolean;
  followUp?: string;
  /** Where the incident goes, if it may; null: it stays. */
  next: IncidentState | null;
  events?: readonly StreamEvent[];
}

/** What differs between agents and services in carrying out and judging an action. The verbs are `act.ts` and `verify.ts`. */
export interface Driver<T extends Target = Target, R extends ActionRun = ActionRun> {
  db: Db;
  now: number;
  load(subjectId: string): Promise<T | null>;
  prepare(proposal: Proposal, target: T, by: { name: string; mover: Mover }): Promise<Prepared>;
  /** Runs that are not judged yet. */
  unjudged(): Promise<R[]>;
  /** Moves a run one step on, and judges it when that can be done; null: not yet. */
  measure(run: R): Promise<Verdict | null>;
  /** Plans what a recovery, or a cause that is contained, means for the target, and says how the incident closes. */
  recovered(
    plan: Plan,
    run: R,
    incident: Incident,
    verdict: Verdict,
  ): Promise<Pick<Closing, "outcome" | "text" | "agentId">>;
  /** Plans what a failure means for the target: undoing, holding again, or nothing. */
  failed(plan: Plan, run: R, incident: Incident, verdict: Verdict): Promise<Failure>;
}
