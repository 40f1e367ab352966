import { and, asc, desc, eq, isNotNull, notInArray, sql } from "drizzle-orm";
import type { IncidentScoresAnswer, ScoredIncidentsAnswer } from "@/lib/contracts/scores";
import { incidentTitle } from "@/lib/core/causes/incident-title";
import { DIMENSIONS, type Verdicts } from "@/lib/core/scoring/question";
import { meanScore, type Scored } from "@/lib/core/scoring/score";
import { holdDecision, type WouldHaveCounts } from "@/lib/core/scoring/would-have";
import type { Db, Statement } from "../client";
import { actionRuns, causes, incidents, incidentScores, proposals } from "../schema";
import type { Incident } from "./incidents";

export type IncidentScores = typeof incidentScores.$inferSelect;

/** The claim of whoever scores it, or finds that it is not to be scored: once for each incident. */
const NO_LONGER_DUE = "UPDATE incidents SET score_due = 0 WHERE id = ?1 AND closed_at IS NOT NULL AND score_due = 1";

/** Closed incidents whose scores are due, most recently closed first, without those of `except`. An index holds just these. */
export const listUnscored = (db: Db, except: readonly string[], limit: number): Promise<Incident[]> =>
  db
    .select()
    .from(incidents)
    .where(and(isNotNull(incidents.closedAt), sql`score_due = 1`, notInArray(incidents.id, [...except])))
    .orderBy(desc(incidents.closedAt))
    .limit(limit);

/** What another incident goes on with is scored there: it says nothing of how this one was handled. */
export async function goesOnElsewhere(db: Db, incidentId: string): Promise<boolean> {
  const [row] = await db.all<{ found: number }>(sql`
    SELECT EXISTS (SELECT 1 FROM stream_events WHERE incident_id = ${incidentId}
      AND (type = 'incident.merged' OR (type = 'incident.resolved' AND data ->> 'into' IS NOT NULL))) AS found`);
  return row?.found === 1;
}

/** A claim: it gets no scores, or none but those that it has. */
export const noLongerDue = (incidentId: string): Statement => ({ sql: NO_LONGER_DUE, args: [incidentId] });

export async function findScores(db: Db, incidentId: string): Promise<IncidentScores | null> {
  return (await db.query.incidentScores.findFirst({ where: eq(incidentScores.incidentId, incidentId) })) ?? null;
}

const columnsOf = ({ scores, answers, passed, detectionDelayMs, timeToProposalMs, tokens, usd }: Scored) => ({
  scores,
  answers,
  passed,
  detectionDelayMs,
  timeToProposalMs,
  tokens,
  usd,
});

/** Said before there were scores: of the first cause (thumb, 0: none) and of the hold, and by whom. */
export interface SaidBefore {
  thumb: number;
  holdRight: boolean | null;
  by: string | null;
}

/** Claims: the first scores of a closed incident, of which nothing else was said all the while. */
export const firstScores = (
  db: Db,
  incidentId: string,
  scored: Scored,
  verdicts: Verdicts,
  { thumb, holdRight, by }: SaidBefore,
  now: number,
): Statement[] => [
  {
    sql: `${NO_LONGER_DUE}
          AND coalesce((SELECT feedback FROM causes WHERE incident_id = ?1 AND rank = 0), 0) = ?2
          AND hold_right IS ?3`,
    args: [incidentId, thumb, holdRight === null ? null : Number(holdRight)],
  },
  db
    .insert(incidentScores)
    .values({ ...columnsOf(scored), incidentId, verdicts, verdictBy: by, scoredAt: now })
    .onConflictDoNothing(),
];

/** A claim: scores with another verdict, if nobody has given one since `before` was read. */
export const scoresClaim = (
  db: Db,
  before: IncidentScores,
  scored: Scored,
  verdicts: Verdicts,
  by: string | null,
  now: number,
): Statement =>
  db
    .update(incidentScores)
    .set({ ...columnsOf(scored), verdicts, verdictBy: by, scoredAt: now })
    .where(
      and(
        eq(incidentScores.incidentId, before.incidentId),
        sql`${incidentScores.verdicts} = ${JSON.stringify(before.verdicts)}`,
      ),
    );

/**
 * Of agents' own incidents opened since then in `observe` or `recommend`, by type: how many would-have holds people called right, wrong, and
 * nothing so far. See {@link holdDecision}.
 */
export async function countWouldHave(db: Db, since: number): Promise<Map<string, WouldHaveCounts>> {
  const rows = await db.all<{ type: string } & WouldHaveCounts>(sql`
    SELECT type, sum(said IS 1) AS right, sum(said IS 0) AS wrong, sum(said IS NULL) AS unlabelled FROM (
      SELECT a.type AS type, coalesce(s.verdicts ->> 'heldRight', i.hold_right) AS said
      FROM incidents i
      JOIN incident_subjects su ON su.incident_id = i.id AND su.subject_kind = 'agent' AND su.role = 'primary'
      JOIN agents a ON a.id = su.subject_id
      LEFT JOIN incident_scores s ON s.incident_id = i.id
      WHERE i.opened_at >= ${since} AND i.kind = 'agent' AND i.mode <> 'act')
    GROUP BY type`);
  return new Map(rows.map(({ type, ...counts }) => [type, counts]));
}

const viewOf = (row: IncidentScores) => ({
  scores: row.scores,
  mean: meanScore(row.scores),
  passed: row.passed,
  detection_delay_ms: row.detectionDelayMs,
  time_to_proposal_ms: row.timeToProposalMs,
  tokens: row.tokens,
  usd: row.usd,
  verdicts: {
    cause_right: row.verdicts.causeRight ?? null,
    remedy_right: row.verdicts.remedyRight ?? null,
    hold_right: row.verdicts.heldRight ?? null,
  },
  verdict_by: row.verdictBy,
  scored_at: row.scoredAt,
});

/** What people can be asked about an incident: what was named, what was done or proposed, and of agents whether they were held. */
export async function verdictsAskedOf(db: Db, { id, kind }: Pick<Incident, "id" | "kind">) {
  const [named, proposed, done] = await Promise.all([
    db.$count(causes, eq(causes.incidentId, id)),
    db.$count(proposals, eq(proposals.incidentId, id)),
    db.$count(actionRuns, eq(actionRuns.incidentId, id)),
  ]);
  return { cause: named > 0, remedy: proposed + done > 0, hold: kind !== "service" };
}

/** A claim: what a person says of the hold before there are scores. Lost where there are some by now. */
export const holdVerdictClaim = (incidentId: string, right: boolean, by: string): Statement => ({
  sql: `UPDATE incidents SET hold_right = ?2, hold_right_by = ?3
        WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM incident_scores WHERE incident_id = ?1)`,
  args: [incidentId, Number(right), by],
});

/** The scores of one incident; null where there is no such incident. */
export async function incidentScoresView(db: Db, incidentId: string): Promise<IncidentScoresAnswer | null> {
  const incident = await db.query.incidents.findFirst({ where: eq(incidents.id, incidentId) });
  if (!incident) return null;
  const [row, asks] = await Promise.all([findScores(db, incidentId), verdictsAskedOf(db, incident)]);
  const hold = {
    decided: holdDecision(incident),
    right: row ? (row.verdicts.heldRight ?? null) : incident.holdRight,
    by: row ? row.verdictBy : incident.holdRightBy,
  };
  return { asks, hold, scored: row && { ...viewOf(row), answers: row.answers } };
}

/** Scored incidents, most recently closed first, and the mean of each dimension over all that there are. */
export async function listScoredIncidents(db: Db, limit: number): Promise<ScoredIncidentsAnswer> {
  const means = DIMENSIONS.map((name) => sql`avg(scores ->> ${name}) AS ${sql.raw(name)}`);
  const [rows, [mean], total] = await Promise.all([
    db
      .select({
        scores: incidentScores,
        incident: {
          id: incidents.id,
          kind: incidents.kind,
          title: incidents.title,
          severity: incidents.severity,
          state: incidents.state,
          closed_at: incidents.closedAt,
        },
        cause: { causeNode: incidents.causeNode, causeKind: incidents.causeKind, confidence: incidents.confidence },
      })
      .from(incidentScores)
      .innerJoin(incidents, eq(incidents.id, incidentScores.incidentId))
      .orderBy(desc(incidents.closedAt), asc(incidents.id))
      .limit(limit),
    db.all<Record<string, number | null>>(
      sql`SELECT ${sql.join(means, sql`, `)}, avg(passed) AS passed, count(passed) AS judged FROM incident_scores`,
    ),
    db.$count(incidentScores),
  ]);
  const figure = (name: string) => (typeof mean?.[name] === "number" ? mean[name] : null);
  return {
    incidents: rows.map(({ scores, incident, cause }) => ({
      ...viewOf(scores),
      incident: {
        ...incident,
        title: incidentTitle({ ...incident, ...cause }),
        closed_at: incident.closed_at ?? scores.scoredAt,
      },
    })),
    total,
    judged: figure("judged") ?? 0,
    pass_rate: figure("passed"),
    means: Object.fromEntries(
      DIMENSIONS.flatMap((name) => {
        const of = figure(name);
        return of === null ? [] : [[name, of]];
      }),
    ),
  };
}
