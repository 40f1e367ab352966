import { asc, desc, sql } from "drizzle-orm";
import type { MemoryAnswer } from "@/lib/contracts/overview";
import { LADDERS, orderedLadder } from "@/lib/core/agents/ladder";
import { efficacy } from "@/lib/core/agents/recall";
import { DIAGNOSES } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { immuneMemory } from "@/lib/db/schema";

/** The widest scope first, and of it what was learned last; a large fleet's single agents are cut, their types are not. */
const PATTERNS_SHOWN = 1_000;

const WIDEST_FIRST = sql`CASE ${immuneMemory.scope} WHEN 'fleet' THEN 0 WHEN 'type' THEN 1 ELSE 2 END`;

/** What was learned, and in which order a diagnosis is treated now because of it. */
export async function loadMemory(db: Db, now: number): Promise<MemoryAnswer> {
  const rows = await db
    .select()
    .from(immuneMemory)
    .orderBy(WIDEST_FIRST, desc(immuneMemory.updatedAt), asc(immuneMemory.scopeId))
    .limit(PATTERNS_SHOWN);
  const fleet = rows.filter((row) => row.scope === "fleet");
  return {
    patterns: rows.map((row) => ({
      scope: row.scope,
      scope_id: row.scopeId,
      diagnosis: row.diagnosis,
      action: row.action,
      attempts: row.attempts,
      successes: row.successes,
      // Its own cases alone, in full: what a scope lends to a narrower one is capped, what it knows is not.
      mean: efficacy([{ ...row, scope: "agent" }], row.diagnosis, row.action, now).mean,
      updated_at: row.updatedAt,
    })),
    ladders: DIAGNOSES.map((diagnosis) => ({
      diagnosis,
      default: [...LADDERS[diagnosis]],
      fleet_order: orderedLadder({ diagnosis, memory: fleet, now }),
    })),
  };
}
