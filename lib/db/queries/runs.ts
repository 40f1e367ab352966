import { desc, eq, sql } from "drizzle-orm";
import type { RunsAnswer } from "@/lib/contracts/agent-activity";
import type { Db } from "../client";
import { runs } from "../schema";

/** What a page shows without paging. */
const SHOWN = 100;

/** An agent's newest runs. */
export async function listRuns(db: Db, agentId: string): Promise<RunsAnswer["runs"]> {
  const rows = await db.select().from(runs).where(eq(runs.agentId, agentId)).orderBy(desc(runs.startedAt)).limit(SHOWN);
  return rows.map((row) => ({
    run_id: row.runId,
    parent_run_id: row.parentRunId,
    task_id: row.taskId,
    started_at: row.startedAt,
    last_at: row.lastAt,
    ended_at: row.endedAt,
    outcome: row.outcome,
    model_calls: row.modelCalls,
    tool_calls: row.toolCalls,
    errors: row.errors,
    unknown_outcomes: row.unknownOutcomes,
    tokens: row.tokens,
    cost: row.cost,
  }));
}

/** Those of some runs that are recorded, by agent. */
export async function listKnownRuns(
  db: Db,
  named: readonly { agentId: string; runId: string }[],
): Promise<Map<string, Set<string>>> {
  const known = new Map<string, Set<string>>();
  if (named.length === 0) return known;
  const pairs = JSON.stringify(named.map(({ agentId, runId }) => [agentId, runId]));
  const rows = await db
    .select({ agentId: runs.agentId, runId: runs.runId })
    .from(runs)
    .where(sql`(${runs.agentId}, ${runs.runId}) IN (SELECT value->>0, value->>1 FROM json_each(${pairs}))`);
  for (const { agentId, runId } of rows) known.set(agentId, (known.get(agentId) ?? new Set()).add(runId));
  return known;
}
