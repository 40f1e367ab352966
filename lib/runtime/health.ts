import type { Db } from "@/lib/db/client";
import { findOldestSweep, hasSchema } from "@/lib/db/queries/sweep";
import { env } from "@/lib/env";
import { sweeperTrouble } from "./sweeper-process";
import { SHARDS } from "@/lib/db/shards";

export interface Readiness {
  ready: boolean;
  database: "ok";
  migrations: "done" | "missing";
  /** ms since the shard that was swept longest ago; null when one never was. */
  sweep_age_ms: number | null;
  reason: string | null;
}

/** Whether Sentinel does its work: migrated, and every shard swept a short while ago. Throws when the database is away. */
export async function readiness(db: Db, now: number): Promise<Readiness> {
  if (!(await hasSchema(db)))
    return {
      ready: false,
      database: "ok",
      migrations: "missing",
      sweep_age_ms: null,
      reason: "the schema does not exist yet",
    };
  const { shards, oldest } = await findOldestSweep(db);
  const age = shards === SHARDS && oldest !== null ? Math.max(0, now - oldest) : null;
  const trouble = sweeperTrouble();
  const stale = age === null || age > env().SWEEP_STALE_MS;
  return {
    ready: !stale && trouble === null,
    database: "ok",
    migrations: "done",
    sweep_age_ms: age,
    reason:
      age === null
        ? "not every shard has been swept yet"
        : stale
          ? `the last sweep is ${Math.round(age / 1000)} s old`
          : trouble,
  };
}
