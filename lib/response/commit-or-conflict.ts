import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { Plan } from "@/lib/db/plan";
import { SentinelError } from "@/lib/errors";

/** Commits lost in a row before a person is asked to try again: the loops move a row at most a few times a second. */
const MAX_RACES = 5;

export const conflict = (detail: string): SentinelError => new SentinelError("conflict", { detail });

/**
 * Commits what a person asks for, and gives what `fill` returned. The loops may move the same rows at that moment, which is no reason
 * to refuse a person: it is planned again on what is true then. `fill` reads, checks, throws `conflict` for what may not be done any
 * more, and adds to the plan.
 */
export async function commitOrConflict<T>(db: Db, fill: (plan: Plan) => Promise<T>): Promise<T> {
  for (let race = 0; race < MAX_RACES; race++) {
    const plan = new Plan();
    const result = await fill(plan);
    if (await commit(db, plan)) return result;
  }
  throw conflict("Somebody else changed this at the same time: try again");
}
