import { desc, eq } from "drizzle-orm";
import type { RunsAnswer } from "@/lib/contracts/agents";
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
    tokens: row.tokens,
    cost: row.cost,
  }));
}
