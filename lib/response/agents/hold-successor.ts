import type { Db } from "@/lib/db/client";
import { findAgent, findDirective } from "@/lib/db/queries/agents";
import type { AgentRun } from "@/lib/db/queries/healing";
import { holdLevelOf } from "@/lib/db/queries/settings";
import { incidentSubjects } from "@/lib/db/schema";
import { contain, heldFrom } from "../contain";
import type { Plan } from "@/lib/db/plan";

/** A successor that is as ill as the agent it replaced is held like it, and waits for the same people. */
export async function holdSuccessor(plan: Plan, db: Db, run: AgentRun, now: number): Promise<void> {
  const successor = typeof run.args.successor === "string" ? await findAgent(db, run.args.successor) : null;
  if (!successor) return;
  if (heldFrom(successor.state, "system") === null) return;
  const reason = `it replaced ${run.subjectId} and is in the same state`;
  contain(
    plan,
    db,
    {
      agent: successor,
      current: await findDirective(db, successor.id, successor.directiveVersion),
      incidentId: run.incidentId,
      reason,
      by: "sentinel",
      mover: "system",
      level: await holdLevelOf(db, successor.type),
      told: { text: `Quarantine sent to ${successor.id}: ${reason}`, data: { auto: true } },
    },
    now,
  );
  plan.write(
    db
      .insert(incidentSubjects)
      .values({ incidentId: run.incidentId, subjectKind: "agent", subjectId: successor.id, role: "affected" })
      .onConflictDoNothing(),
  );
}
