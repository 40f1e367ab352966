import { setContinues } from "@/lib/db/queries/agent-writes";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findDirective, getAgent, listContinuations } from "@/lib/db/queries/agents";
import { holdLevelOf } from "@/lib/db/queries/settings";
import { incidentSubjects } from "@/lib/db/schema";
import { contain, heldFrom } from "../contain";
import { Plan } from "@/lib/db/plan";

/**
 * An instance that goes on under a new agent id while its agent is held is still held: a new name is no new agent. It is
 * put under the same hold once, in the same incident; a person who releases it is not overruled.
 */
export async function continueHolds({ db, now }: { db: Db; now: number }): Promise<number> {
  let held = 0;
  for (const { id, continues, instanceId } of await listContinuations(db)) {
    const [agent, before] = await Promise.all([getAgent(db, id), getAgent(db, continues)]);
    if (heldFrom(agent.state, "system") === null) continue;
    const { incidentId } = before;
    const reason = `instance ${instanceId} of quarantined ${continues} now reports as ${id}`;
    const plan = new Plan();
    contain(
      plan,
      db,
      {
        agent,
        current: await findDirective(db, id, agent.directiveVersion),
        incidentId,
        reason,
        by: "sentinel",
        mover: "system",
        level: await holdLevelOf(db, before.type),
        told: { text: `Quarantine sent to ${id}: ${reason}`, data: { continues, page: true } },
      },
      now,
    );
    plan.write(setContinues(id, continues, before.type));
    if (incidentId)
      plan.write(
        db
          .insert(incidentSubjects)
          .values({ incidentId, subjectKind: "agent", subjectId: id, role: "affected" })
          .onConflictDoNothing(),
      );
    if (await commit(db, plan)) held += 1;
  }
  return held;
}
