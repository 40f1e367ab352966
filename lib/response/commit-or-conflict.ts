import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import type { Plan } from "@/lib/db/plan";
import { SentinelError } from "@/lib/errors";

/** Commits lost in a row before a person is asked to try again: the loops move a row at most a few times a second. */
const MAX_RACES = 5;

export const conflict = (detail: string): SentinelError => new SentinelError("conflict", { detail });

/**
 * Commits what a person asks for. The loops may move the same rows at that moment, which is no reason to refuse a person: it is
 * planned again on what is true then. `plan` reads, checks, and throws `conflict` for what may not be done any more.
 */
export async function commitOrConflict(db: Db, plan: () => Promise<Plan>): Promise<void> {
  for (let race = 0; race < MAX_RACES; race++) if (await commit(db, await plan())) return;
  throw conflict("It was changed by somebody else at the same time");
}
