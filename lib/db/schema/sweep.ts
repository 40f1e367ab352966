import { sql } from "drizzle-orm";
import { check, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { DetectorState } from "@/lib/core/detection/detect";
import { AGENT_STATES } from "@/lib/core/base/vocabulary";

/** Where each shard's sweep stands. `fence` grows with every lease taken, so that a holder that was overtaken writes nothing. */
export const shards = sqliteTable("shards", {
  id: integer().primaryKey(),
  cursor: integer().notNull().default(0),
  fence: integer().notNull().default(0),
  owner: text(),
  leaseUntil: integer().notNull().default(0),
  sweptAt: integer(),
});

/** A named lease for work that only one process may do (migrations, pruning). */
export const leases = sqliteTable("leases", {
  name: text().primaryKey(),
  owner: text().notNull(),
  until: integer().notNull(),
});

export const detectorStates = sqliteTable("detector_states", {
  agentId: text().primaryKey(),
  state: text({ mode: "json" }).$type<DetectorState>().notNull(),
  /** The agent's state when this was last saved: a release or a probation since then starts the evidence from zero. */
  agentState: text({ enum: AGENT_STATES }).notNull(),
  updatedAt: integer().notNull(),
});

/** Holds a row only inside a commit: its check turns a lost claim into a rollback. See lib/db/commit.ts. */
export const commitGuard = sqliteTable("commit_guard", { changed: integer().notNull() }, (t) => [
  check("claim_won", sql`${t.changed} > 0`),
]);
