import { actionName } from "@/lib/core/agents/words";
import { and, count, desc, eq, getTableColumns } from "drizzle-orm";
import type { z } from "zod";
import type { ActionRunView } from "@/lib/contracts/incidents";
import type { HealingAnswer, HealingQuery } from "@/lib/contracts/overview";
import { OUTCOMES, type Outcome } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { actionRuns, agents, incidents } from "@/lib/db/schema";

/** Every column but the state of the test that is still running: it is large, and nobody's business but the sweep's. */
const { probation: _, ...COLUMNS } = getTableColumns(actionRuns);

/** The healing log: what was tried, newest first, and how often each outcome was measured (of all that match but for the outcome). */
export async function listHealing(db: Db, query: z.output<typeof HealingQuery>): Promise<HealingAnswer> {
  const ofAgent = query.agent ? eq(actionRuns.subjectId, query.agent) : undefined;
  const ofOutcome = query.outcome ? eq(actionRuns.outcome, query.outcome) : undefined;
  const [rows, counts] = await Promise.all([
    select(db)
      .where(and(ofAgent, ofOutcome))
      .orderBy(desc(actionRuns.startedAt), desc(actionRuns.id))
      .limit(query.limit),
    db.select({ outcome: actionRuns.outcome, n: count() }).from(actionRuns).where(ofAgent).groupBy(actionRuns.outcome),
  ]);
  const zero = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  return {
    actions: rows.map(actionRunView),
    counts: { ...zero, ...Object.fromEntries(counts.map(({ outcome, n }) => [outcome, n])) },
  };
}

/** What was tried in one incident, oldest first. */
export async function listActionsOf(db: Db, incidentId: string): Promise<ActionRunView[]> {
  const rows = await select(db)
    .where(eq(actionRuns.incidentId, incidentId))
    .orderBy(actionRuns.startedAt, actionRuns.id);
  return rows.map(actionRunView);
}

const select = (db: Db) =>
  db
    .select({ run: COLUMNS, agentType: agents.type, diagnosis: incidents.diagnosis, causeKind: incidents.causeKind })
    .from(actionRuns)
    .leftJoin(agents, eq(agents.id, actionRuns.subjectId))
    .leftJoin(incidents, eq(incidents.id, actionRuns.incidentId));

type Row = Awaited<ReturnType<typeof select>>[number];

function actionRunView({ run, agentType, diagnosis, causeKind }: Row): ActionRunView {
  return {
    id: run.id,
    proposal_id: run.proposalId,
    incident_id: run.incidentId,
    subject_kind: run.subjectKind,
    subject_id: run.subjectId,
    agent_type: run.subjectKind === "agent" ? (agentType ?? "unknown") : null,
    diagnosis: run.subjectKind === "agent" ? diagnosis : causeKind,
    action: shownAction(run),
    args: run.args,
    by: run.by,
    why: run.why,
    state: run.state,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    acknowledged_at: run.acknowledgedAt,
    detail: run.detail,
    outcome: run.outcome,
    verification: run.verification,
    judged_at: run.judgedAt,
    undone_at: run.undoneAt,
    result: run.result,
  };
}

/** Of an agent's action its name in the vocabulary, which screens put into words; of anything else what people call it. */
export const shownAction = (row: { action: string; args: Record<string, unknown> }): string =>
  typeof row.args["entry"] === "string" ? actionName(row) : row.action;
