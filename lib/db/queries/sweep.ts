import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { DetectorState } from "@/lib/core/detection/detect";
import type { AgentState } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "../client";
import { actionRuns, changes, detectorStates, incidentSubjects } from "../schema";

export type Change = typeof changes.$inferSelect;

/** A claim: takes the shard's lease if it is free, has run out, or is the owner's already. Its fence grows, which shuts out whoever had it. */
export function takeLease(id: number, owner: string, now: number, until: number): Statement {
  return {
    sql: `INSERT INTO shards (id, owner, fence, lease_until) VALUES (?1, ?2, 1, ?4)
          ON CONFLICT (id) DO UPDATE SET owner = ?2, fence = shards.fence + 1, lease_until = ?4
          WHERE shards.lease_until < ?3 OR shards.owner IS NULL OR shards.owner = ?2 RETURNING cursor, fence, swept_at`,
    args: [id, owner, now, until],
  };
}

/** A claim: moves the cursor and renews the lease, if nobody has taken the shard since. */
export function advance(id: number, fence: number, cursor: number, now: number, until: number): Statement {
  return {
    sql: "UPDATE shards SET cursor = ?, swept_at = ?, lease_until = ? WHERE id = ? AND fence = ?",
    args: [cursor, now, until, id, fence],
  };
}

/** Whether the database has been migrated at all. */
export async function hasSchema(db: Db): Promise<boolean> {
  const [row] = await db.all<{ n: number }>(sql`SELECT count(*) AS n FROM sqlite_master WHERE name = 'stream_events'`);
  return row !== undefined && row.n > 0;
}

/** How many shards were ever swept, and when the one was that was swept longest ago (epoch ms). */
export async function findOldestSweep(db: Db): Promise<{ shards: number; oldest: number | null }> {
  const [row] = await db.all<{ shards: number; oldest: number | null }>(
    sql`SELECT count(*) AS shards, min(swept_at) AS oldest FROM shards WHERE swept_at IS NOT NULL`,
  );
  return row ?? { shards: 0, oldest: null };
}

/** Gives a shard back, so that the next process need not wait for the lease to run out. */
export function releaseShard(id: number, fence: number): Statement {
  return { sql: "UPDATE shards SET owner = NULL, lease_until = 0 WHERE id = ? AND fence = ?", args: [id, fence] };
}

/** Whoever holds a lease: of a shard, an investigation or a task. */
export async function listOwners(db: Db): Promise<string[]> {
  const rows = await db.all<{ owner: string }>(sql`
    SELECT owner FROM shards WHERE owner IS NOT NULL
    UNION SELECT owner FROM investigations WHERE state = 'running'
    UNION SELECT owner FROM leases`);
  return rows.map(({ owner }) => owner);
}

/** Ends every lease of these owners, at once. */
export function endLeases(owners: readonly string[]): Statement[] {
  const args = [JSON.stringify(owners)];
  const theirs = "owner IN (SELECT value FROM json_each(?))";
  return [
    { sql: `UPDATE shards SET owner = NULL, lease_until = 0 WHERE ${theirs}`, args },
    { sql: `UPDATE investigations SET lease_until = 0 WHERE state = 'running' AND ${theirs}`, args },
    { sql: `DELETE FROM leases WHERE ${theirs}`, args },
  ];
}

export async function listDetectors(db: Db, agentIds: readonly string[]) {
  if (agentIds.length === 0) return [];
  return db
    .select()
    .from(detectorStates)
    .where(sql`${detectorStates.agentId} IN (SELECT value FROM json_each(${JSON.stringify(agentIds)}))`);
}

export function saveDetector(agentId: string, state: DetectorState, agentState: AgentState, now: number): Statement {
  return {
    sql: `INSERT INTO detector_states (agent_id, state, agent_state, updated_at) VALUES (?, ?, ?, ?)
          ON CONFLICT (agent_id) DO UPDATE SET state = excluded.state, agent_state = excluded.agent_state, updated_at = excluded.updated_at`,
    args: [agentId, JSON.stringify(state), agentState, now],
  };
}

/** Declared and accepted changes of agents that no sweep has taken into the baselines yet. */
export async function listUnappliedChanges(db: Db): Promise<Change[]> {
  return db
    .select()
    .from(changes)
    .where(
      and(isNull(changes.takenAt), eq(changes.subjectKind, "agent"), inArray(changes.status, ["declared", "expected"])),
    );
}

export function markApplied(ids: readonly string[], now: number): Statement {
  return {
    sql: "UPDATE changes SET taken_at = ? WHERE id IN (SELECT value FROM json_each(?))",
    args: [now, JSON.stringify(ids)],
  };
}

/** Actions whose effect is being measured. */
export async function listProbations(db: Db) {
  return db
    .select({
      id: actionRuns.id,
      agentId: actionRuns.subjectId,
      action: actionRuns.action,
      args: actionRuns.args,
      probation: actionRuns.probation,
      acknowledgedAt: actionRuns.acknowledgedAt,
      directiveVersion: actionRuns.directiveVersion,
    })
    .from(actionRuns)
    .where(and(eq(actionRuns.outcome, "pending"), sql`${actionRuns.probation} IS NOT NULL`));
}

export function saveProbation(id: string, probation: unknown): Statement {
  return {
    sql: "UPDATE action_runs SET probation = ? WHERE id = ? AND outcome = 'pending'",
    args: [JSON.stringify(probation), id],
  };
}

/** Subjects of open incidents that are watched without anything having been done to them. */
export async function listWatches(db: Db) {
  return db
    .select()
    .from(incidentSubjects)
    .where(and(eq(incidentSubjects.subjectKind, "agent"), sql`${incidentSubjects.watch} IS NOT NULL`));
}

export function saveWatch(incidentId: string, agentId: string, watch: unknown): Statement {
  return {
    sql: "UPDATE incident_subjects SET watch = ? WHERE incident_id = ? AND subject_kind = 'agent' AND subject_id = ? AND watch IS NOT NULL",
    args: [JSON.stringify(watch), incidentId, agentId],
  };
}

/** Adds to the totals of runs. `deltas` are rows of [agent, run, parent, root, task, first, last, ended, outcome, score, label, model calls, tool calls, errors, tokens, cost, depth]. */
export function addToRuns(deltas: unknown[][]): Statement {
  return {
    sql: `INSERT INTO runs (agent_id, run_id, parent_run_id, root_run_id, task_id, started_at, last_at, ended_at, outcome, score, label, model_calls, tool_calls, errors, tokens, cost, depth, unknown_outcomes)
          SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, e.value->>4, e.value->>5, e.value->>6, e.value->>7, e.value->>8, e.value->>9, e.value->>10, e.value->>11, e.value->>12, e.value->>13, e.value->>14, e.value->>15, e.value->>16, e.value->>17
          FROM json_each(?) e WHERE true
          ON CONFLICT (agent_id, run_id) DO UPDATE SET
            parent_run_id = coalesce(runs.parent_run_id, excluded.parent_run_id),
            root_run_id = coalesce(runs.root_run_id, excluded.root_run_id),
            task_id = coalesce(runs.task_id, excluded.task_id),
            started_at = min(runs.started_at, excluded.started_at),
            last_at = max(runs.last_at, excluded.last_at),
            ended_at = coalesce(excluded.ended_at, runs.ended_at),
            depth = coalesce(runs.depth, excluded.depth),
            outcome = coalesce(excluded.outcome, runs.outcome),
            score = coalesce(excluded.score, runs.score),
            label = coalesce(excluded.label, runs.label),
            model_calls = runs.model_calls + excluded.model_calls,
            tool_calls = runs.tool_calls + excluded.tool_calls,
            errors = runs.errors + excluded.errors,
            unknown_outcomes = runs.unknown_outcomes + excluded.unknown_outcomes,
            tokens = iif(excluded.tokens IS NULL, runs.tokens, coalesce(runs.tokens, 0) + excluded.tokens),
            cost = iif(excluded.cost IS NULL, runs.cost, coalesce(runs.cost, 0) + excluded.cost)`,
    args: [JSON.stringify(deltas)],
  };
}

/** What the sweep saw of an agent's identity. `$n` are null where nothing was said. */
export function saveIdentity(rows: unknown[][]): Statement {
  return {
    sql: `UPDATE agents SET
            event_count = event_count + (e.value->>1),
            model = coalesce(e.value->>2, model), prompt_hash = coalesce(e.value->>3, prompt_hash),
            prompt_version = coalesce(e.value->>4, prompt_version), tools_hash = coalesce(e.value->>5, tools_hash),
            prompt_dynamic = e.value->>6, prompt_samples = e.value->>7, good_prompt_hash = coalesce(e.value->>8, good_prompt_hash),
            tools = coalesce(e.value->>9, tools), cannot = coalesce(e.value->>10, cannot), liveness = e.value->>11,
            enforcement = coalesce(e.value->>12, enforcement), blind_spots = coalesce(e.value->>13, blind_spots)
          FROM json_each(?) e WHERE agents.id = e.value->>0`,
    args: [JSON.stringify(rows)],
  };
}
