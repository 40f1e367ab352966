import type { Db } from "@/lib/db/client";
import { getAgent } from "@/lib/db/queries/agents";
import { wake } from "@/lib/wake";
import type { Actor } from "../actor";
import { commitOrConflict } from "../commit-or-conflict";
import { quarantine } from "./command";

/**
 * The one thing that a program may do to an agent on a person's behalf, in a module of its own so that lint can tell it from the others.
 * As a person's quarantine, at the level of the agent's type, but not while an approved action on the agent waits or runs: a person
 * decided that. Gives how many approvals that waited became void. Throws `conflict`, and `not_found`.
 */
export async function quarantineAgent(
  db: Db,
  agentId: string,
  reason: string,
  by: Actor,
  now: number,
): Promise<number> {
  const voided = await commitOrConflict(db, async (plan) =>
    quarantine(plan, { db, agent: await getAgent(db, agentId), reason, by, now, how: { unlessActing: true } }),
  );
  wake("agents");
  return voided;
}
