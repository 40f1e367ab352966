import { canMove, move } from "@/lib/core/base/lifecycle";
import type { Db } from "@/lib/db/client";
import { findAgent, findDirective } from "@/lib/db/queries/agents";
import type { AgentRun } from "@/lib/db/queries/healing";
import { directives, incidentSubjects } from "@/lib/db/schema";
import { agentClaim, nextDirective } from "./directives";
import type { Plan } from "@/lib/db/plan";

/** A successor that is as ill as the agent it replaced is held like it, and waits for the same people. */
export async function holdSuccessor(plan: Plan, db: Db, run: AgentRun, now: number): Promise<void> {
  const successor = typeof run.args.successor === "string" ? await findAgent(db, run.args.successor) : null;
  if (!successor) return;
  const from = successor.state === "healthy" ? move("healthy", "suspected", "system") : successor.state;
  if (!canMove(from, "quarantined", "system")) return;
  const current = await findDirective(db, successor.id, successor.directiveVersion);
  const cause = {
    reason: `in the same state as ${run.subjectId}, which it replaced`,
    by: "sentinel",
    incidentId: run.incidentId,
  };
  const directive = nextDirective(successor, current, { status: "quarantined" }, cause, now);
  const state = move(from, "quarantined", "system");
  const subject = {
    incidentId: run.incidentId,
    subjectKind: "agent" as const,
    subjectId: successor.id,
    role: "affected" as const,
  };
  plan
    .claim(agentClaim(successor, { state, incidentId: run.incidentId, directive }, now))
    .write(db.insert(directives).values(directive), db.insert(incidentSubjects).values(subject).onConflictDoNothing())
    .tell({
      at: now,
      type: "agent.quarantined",
      agentId: successor.id,
      incidentId: run.incidentId,
      text: `Quarantine sent to ${successor.id}: ${cause.reason}`,
      data: { version: directive.version, auto: true },
    });
}
