import { canMove, move } from "@/lib/core/base/lifecycle";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findDirective, getAgent, listContinuations } from "@/lib/db/queries/agents";
import { directives, incidentSubjects } from "@/lib/db/schema";
import { agentClaim, nextDirective } from "./directives";
import { Plan } from "@/lib/db/plan";

/**
 * An instance that goes on under a new agent id while its agent is held is still held: a new name is no new agent. It is
 * put under the same hold once, in the same incident; a person who releases it is not overruled.
 */
export async function continueHolds({ db, now }: { db: Db; now: number }): Promise<number> {
  let held = 0;
  for (const { id, continues, instanceId } of await listContinuations(db)) {
    const [agent, before] = await Promise.all([getAgent(db, id), getAgent(db, continues)]);
    const from = agent.state === "healthy" ? move("healthy", "suspected", "system") : agent.state;
    if (!canMove(from, "quarantined", "system")) continue;
    const current = await findDirective(db, id, agent.directiveVersion);
    const reason = `instance ${instanceId} of quarantined ${continues} continues as ${id}`;
    const { incidentId } = before;
    const directive = nextDirective(
      agent,
      current,
      { status: "quarantined" },
      { reason, by: "sentinel", incidentId },
      now,
    );
    const plan = new Plan()
      .claim(agentClaim(agent, { state: move(from, "quarantined", "system"), incidentId, directive }, now))
      .write(db.insert(directives).values(directive), {
        sql: "UPDATE agents SET continues = ?, type = ? WHERE id = ?",
        args: [continues, before.type, id],
      })
      .tell({
        at: now,
        type: "agent.quarantined",
        agentId: id,
        incidentId,
        text: `Quarantine sent to ${id}: ${reason}`,
        data: { version: directive.version, continues, page: true },
      });
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
