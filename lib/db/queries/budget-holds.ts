import { healthyAtWork } from "./holds";
import { and, eq, getTableColumns, gte, isNull, or, sql, type SQL } from "drizzle-orm";
import type { BudgetMeasure, BudgetScope } from "@/lib/core/base/vocabulary";
import { partsOf } from "@/lib/core/budgets/budget";
import type { Db, Statement } from "../client";
import {
  agents,
  budgetStates,
  directives,
  incidents,
  incidentSubjects,
  runs,
  spendWindows,
  streamEvents,
} from "../schema";
import type { Agent, DirectiveRow } from "./agents";
import type { BudgetRow } from "./budgets";
import type { Incident } from "./incidents";
import type { WindowRow } from "./spend";

const COLUMNS: Partial<Record<BudgetMeasure, SQL>> = {
  usd: sql`${spendWindows.nanoUsd} / 1e9`,
  tokens: sql`${spendWindows.tokens}`,
  model_calls: sql`${spendWindows.modelCalls}`,
  tool_calls: sql`${spendWindows.toolCalls}`,
  depth: sql`${spendWindows.depth}`,
  descendants: sql`${spendWindows.descendants}`,
};

/** Windows of a budget in which at least so much was used, of those that moved since a time. */
export async function listWindowsFrom(
  db: Db,
  { scope, window, zone, measure }: BudgetRow,
  { start, least, movedSince }: { start: number; least: number; movedSince: number },
): Promise<WindowRow[]> {
  const column = COLUMNS[measure];
  if (!column) return [];
  return db
    .select()
    .from(spendWindows)
    .where(
      and(
        eq(spendWindows.scope, scope),
        eq(spendWindows.window, window),
        eq(spendWindows.zone, window === "run" ? "" : zone),
        eq(spendWindows.start, start),
        gte(spendWindows.updatedAt, movedSince),
        sql`${column} >= ${least}`,
      ),
    );
}

/** A run, or a tree, that goes on. Times are epoch ms. */
export interface OpenRun {
  agentId: string;
  keyId: string | null;
  runId: string;
  root: string;
  startedAt: number;
  lastAt: number;
}

/** Runs that have not ended, were heard of since a time, and began before another, or were last heard of before it. */
export async function listOpenRuns(
  db: Db,
  { heardSince, by, before }: { heardSince: number; by: "startedAt" | "lastAt"; before: number },
): Promise<OpenRun[]> {
  return db
    .select({
      agentId: runs.agentId,
      keyId: agents.keyId,
      runId: runs.runId,
      root: sql<string>`coalesce(${runs.rootRunId}, ${runs.runId})`,
      startedAt: runs.startedAt,
      lastAt: runs.lastAt,
    })
    .from(runs)
    .innerJoin(agents, eq(agents.id, runs.agentId))
    .where(sql`ended_at IS NULL AND ${runs.lastAt} >= ${heardSince} AND ${runs[by]} <= ${before}`);
}

/** The root that a run belongs to; null: it is not known. */
export async function findRoot(db: Db, agentId: string, runId: string): Promise<string | null> {
  const [row] = await db
    .select({ root: runs.rootRunId })
    .from(runs)
    .where(and(eq(runs.agentId, agentId), eq(runs.runId, runId)));
  return row?.root ?? null;
}

/** When these runs, or trees, were last heard of, epoch ms; those of which nothing goes on are not in it. */
export async function lastSigns(
  db: Db,
  scope: "run" | "tree",
  subjects: readonly string[],
): Promise<Map<string, number>> {
  if (subjects.length === 0) return new Map();
  const of =
    scope === "run"
      ? sql`r.agent_id = k.value->>0 AND r.run_id = k.value->>1`
      : sql`r.root_run_id = k.value->>1 AND EXISTS (SELECT 1 FROM agents a WHERE a.id = r.agent_id AND coalesce(a.key_id, '') = k.value->>0)`;
  const rows = await db.all<{ i: number; at: number }>(sql`
    SELECT k.key AS i, max(r.last_at) AS at FROM json_each(${JSON.stringify(subjects.map(partsOf))}) k JOIN runs r ON ${of}
    WHERE r.ended_at IS NULL GROUP BY k.key`);
  return new Map(rows.map(({ i, at }) => [subjects[Number(i)]!, at]));
}

/** Agents at work on what a budget is of, heard of since a time: those that a hold is for. */
export async function listAtWork(db: Db, scope: BudgetScope, subject: string, since: number): Promise<Agent[]> {
  const [first, second] = partsOf(subject);
  const live = and(gte(agents.lastSeenAt, since), isNull(agents.retiredAt));
  const select = (of: SQL | undefined) => db.select().from(agents).where(and(live, of)).orderBy(agents.id);
  switch (scope) {
    case "fleet":
      return select(undefined);
    case "agent":
      return select(eq(agents.id, subject));
    case "run":
      return ((await lastSigns(db, scope, [subject])).get(subject) ?? 0) >= since ? select(eq(agents.id, first)) : [];
    case "tree":
      return select(
        and(
          sql`coalesce(${agents.keyId}, '') = ${first}`,
          sql`${agents.id} IN (SELECT agent_id FROM runs WHERE root_run_id = ${second} AND ended_at IS NULL AND last_at >= ${since})`,
        ),
      );
    case "user":
    case "team":
    case "repository":
      return select(sql`json_extract(${agents.labels}, ${`$.${scope}`}) = ${subject}`);
  }
}

/** By whom spending is told apart through labels of agents. */
export const LABEL_SCOPES = ["user", "team", "repository"] as const;
export type LabelScope = (typeof LABEL_SCOPES)[number];

/** Labels of the agents that have one of these values, whenever they were last heard of. One scan, however many values. */
export async function listLabelled(
  db: Db,
  values: ReadonlyMap<LabelScope, readonly string[]>,
): Promise<{ id: string; labels: Agent["labels"] }[]> {
  const matches = [...values].map(
    ([scope, names]) =>
      sql`json_extract(${agents.labels}, ${`$.${scope}`}) IN (SELECT value FROM json_each(${JSON.stringify(names)}))`,
  );
  if (matches.length === 0) return [];
  return db
    .select({ id: agents.id, labels: agents.labels })
    .from(agents)
    .where(or(...matches));
}

/** Agents that the loop has paused (only budgets do), with the directive that did. */
export const listPausedByLoop = (db: Db): Promise<{ agent: Agent; directive: DirectiveRow }[]> =>
  db
    .select({ agent: getTableColumns(agents), directive: getTableColumns(directives) })
    .from(agents)
    .innerJoin(directives, and(eq(directives.agentId, agents.id), eq(directives.version, agents.directiveVersion)))
    .where(sql`paused = 1 AND ${directives.status} = 'paused' AND ${directives.createdBy} = 'sentinel'`);

/** How many healthy agents of each type are at work: heard of since a time, neither held, paused nor suspected. */
export async function countAtWork(db: Db, since: number): Promise<Map<string, number>> {
  const rows = await db
    .select({ type: agents.type, n: sql<number>`count(*)` })
    .from(agents)
    .where(and(gte(agents.lastSeenAt, since), isNull(agents.retiredAt), healthyAtWork))
    .groupBy(agents.type);
  return new Map(rows.map(({ type, n }) => [type, n]));
}

/** Agents of these incidents that a person has let go on since: their directive is a person's. */
export async function listLetGo(
  db: Db,
  incidentIds: readonly string[],
): Promise<{ agentId: string; incidentId: string; at: number }[]> {
  if (incidentIds.length === 0) return [];
  return db.all(sql`
    SELECT a.id AS agentId, s.incident_id AS incidentId, d.created_at AS at
    FROM incident_subjects s JOIN agents a ON a.id = s.subject_id
    JOIN directives d ON d.agent_id = a.id AND d.version = a.directive_version
    WHERE s.incident_id IN (SELECT value FROM json_each(${JSON.stringify(incidentIds)})) AND s.subject_kind = 'agent'
      AND d.status = 'run' AND d.created_by <> 'sentinel'`);
}

/** A claim: opens an incident unless one of the same cause is open. */
export function openBudgetIncident(row: Incident): Statement {
  return {
    sql: `INSERT INTO incidents (id, kind, state, title, severity, mode, cause_key, would_have, onset_at, opened_at, score_due)
          SELECT ?1, 'budget', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 0
          WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE cause_key = ?6 AND closed_at IS NULL)`,
    args: [row.id, row.state, row.title, row.severity, row.mode, row.causeKey, row.wouldHave, row.openedAt],
  };
}

/** Agents that an incident is about; who is in it already stays as it is. */
export const addSubjects = (db: Db, incidentId: string, agentIds: readonly string[], first: boolean): Statement =>
  db
    .insert(incidentSubjects)
    .values(
      agentIds.map((subjectId, i) => ({
        incidentId,
        subjectKind: "agent" as const,
        subjectId,
        role: first && i === 0 ? ("primary" as const) : ("affected" as const),
      })),
    )
    .onConflictDoNothing();

/** Whether something was told of an agent in an incident. */
export async function wasTold(db: Db, type: string, agentId: string, incidentId: string): Promise<boolean> {
  const [row] = await db.all<{ n: number }>(
    sql`SELECT EXISTS (SELECT 1 FROM ${streamEvents} WHERE incident_id = ${incidentId} AND type = ${type} AND agent_id = ${agentId}) AS n`,
  );
  return row!.n === 1;
}

/** Agents that an incident still holds. */
export async function countHeldFor(db: Db, incidentId: string): Promise<number> {
  const [row] = await db.all<{ n: number }>(sql`SELECT count(*) AS n FROM agents WHERE incident_id = ${incidentId}`);
  return row!.n;
}

/** Other budgets that are used up in the same incident. */
export async function countHeldIn(db: Db, incidentId: string): Promise<number> {
  const [row] = await db
    .select({ n: sql<number>`count(*)` })
    .from(budgetStates)
    .where(sql`standing IN ('asking', 'stopped', 'recorded') AND ${budgetStates.incidentId} = ${incidentId}`);
  return row!.n;
}

/** Open incidents of budgets in which neither a budget nor an agent is held. */
export const listIdleBudgetIncidents = (db: Db): Promise<Incident[]> =>
  db
    .select()
    .from(incidents)
    .where(
      sql`${incidents.state} IN ('awaiting_approval', 'escalated', 'verifying') AND ${incidents.kind} = 'budget'
          AND NOT EXISTS (SELECT 1 FROM budget_states b WHERE b.incident_id = ${incidents.id} AND b.standing IN ('asking', 'stopped', 'recorded'))
          AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.incident_id = ${incidents.id})`,
    );
