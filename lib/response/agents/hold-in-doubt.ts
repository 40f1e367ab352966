import type { Db } from "@/lib/db/client";
import { type Agent, findDirective } from "@/lib/db/queries/agents";

/**
 * Whether an agent's quarantine may still be on its way. Until every instance holds it, or people were told that one does
 * not, evidence is still coming in, and an action would meet runs that the quarantine has yet to end.
 */
export async function holdInDoubt(db: Db, agent: Agent): Promise<boolean> {
  if (agent.directiveVersion === 0) return false;
  const directive = await findDirective(db, agent.id, agent.directiveVersion);
  return directive?.status === "quarantined" && directive.enforcedAt === null && directive.unconfirmedAt === null;
}
