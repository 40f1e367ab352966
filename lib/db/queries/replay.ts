import { and, eq, gte, ne, sql } from "drizzle-orm";
import type { Treatment } from "@/lib/core/agents/policy-change";
import { describeAnomaly } from "@/lib/core/agents/words";
import type { Anomaly } from "@/lib/core/detection/detect";
import type { AgentAction, BlindSpot, PolicyAnswer } from "@/lib/core/base/vocabulary";
import { type Db, type Statement, write } from "../client";
import { agents, agentTypes, changes, immuneMemory, settings } from "../schema";

/** Rows of one insert: SQLite binds so many values at most, and an agent's row has some thirty. */
const ROWS = 500;

/** What is known of an event without reading all of it. `row` is the whole as JSON, for {@link insertEvents}. */
export interface ReplayedEvent {
  seq: number;
  agentId: string;
  receivedAt: number;
  row: string;
}

/** The first event that arrived at this time or later; null: none did. */
export async function firstEventSince(db: Db, at: number): Promise<{ seq: number; receivedAt: number } | null> {
  const [row] = await db.all<{ seq: number; receivedAt: number }>(sql`
    SELECT seq, received_at AS receivedAt FROM agent_events WHERE received_at >= ${at} ORDER BY received_at, seq LIMIT 1`);
  return row ?? null;
}

/** The first event with this place or a later one; null: there is none. */
export async function firstEventFrom(db: Db, seq: number): Promise<{ seq: number; receivedAt: number } | null> {
  const [row] = await db.all<{ seq: number; receivedAt: number }>(sql`
    SELECT seq, received_at AS receivedAt FROM agent_events WHERE seq >= ${seq} ORDER BY seq LIMIT 1`);
  return row ?? null;
}

/** Events after `after`, up to `upTo`, in the order of arrival. */
export async function listReplayed(db: Db, after: number, upTo: number, limit: number): Promise<ReplayedEvent[]> {
  const { rows } = await db.$client.execute({
    sql: `SELECT seq, agent_id, received_at,
            json_array(seq, shard, agent_id, kind, at, received_at, instance_id, run_id, late, restamped, body)
          FROM agent_events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
    args: [after, upTo, limit],
  });
  return rows.map((row) => ({
    seq: Number(row[0]),
    agentId: row[1] as string,
    receivedAt: Number(row[2]),
    row: row[3] as string,
  }));
}

/** Puts events where they are to be judged again, each in its place, and notes when their agents were heard of. */
export function insertEvents(events: readonly ReplayedEvent[]): Statement[] {
  const heard = new Map(events.map(({ agentId, receivedAt }) => [agentId, receivedAt]));
  return [
    {
      sql: `INSERT INTO agent_events (seq, shard, agent_id, kind, at, received_at, instance_id, run_id, late, restamped, body)
            SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, e.value->>4, e.value->>5, e.value->>6, e.value->>7, e.value->>8, e.value->>9, e.value->>10
            FROM json_each(?) e`,
      args: [`[${events.map(({ row }) => row).join(",")}]`],
    },
    {
      sql: "UPDATE agents SET last_seen_at = e.value->>1 FROM json_each(?) e WHERE agents.id = e.value->>0",
      args: [JSON.stringify([...heard])],
    },
  ];
}

/**
 * Copies who the agents are, how their types are treated and what healing has worked, from one database into another. What was
 * found out about an agent by watching it (its state, baseline, prompt) is not copied: a replay finds it out again.
 */
export async function copyRegistry(from: Db, into: Db, at: number): Promise<void> {
  const [known, types, memory, saved] = await Promise.all([
    from.select().from(agents),
    from.select().from(agentTypes),
    from.select().from(immuneMemory),
    from.select().from(settings),
  ]);
  const fresh = known.map((agent) => ({
    ...agent,
    state: "learning" as const,
    stateVersion: 0,
    stateSince: at,
    liveness: "live" as const,
    paused: false,
    incidentId: null,
    model: null,
    promptHash: null,
    promptVersion: null,
    promptDynamic: false,
    toolsHash: null,
    goodPromptHash: null,
    promptSamples: 0,
    cannot: [],
    directiveVersion: 0,
    eventCount: 0,
    lastSeenAt: 0,
    retiredAt: null,
    awayFrom: null,
    awayUntil: null,
    latenessMs: null,
    blindSpots: [],
    downgrade: null,
    continues: null,
  }));
  const rows = <T>(list: T[], insert: (part: T[]) => Statement): Statement[] =>
    Array.from({ length: Math.ceil(list.length / ROWS) }, (_, i) => insert(list.slice(i * ROWS, (i + 1) * ROWS)));
  await write(into, [
    ...rows(fresh, (part) => into.insert(agents).values(part)),
    ...rows(types, (part) => into.insert(agentTypes).values(part)),
    ...rows(memory, (part) => into.insert(immuneMemory).values(part)),
    ...rows(saved, (part) => into.insert(settings).values(part)),
  ]);
}

/** A time in which an agent was held, paused or replaced, as its directives say; `until` null: it still is. */
export interface Absence {
  agentId: string;
  from: number;
  until: number | null;
}

/** Absences that had not ended at `since`, in order of time. */
export async function listAbsences(db: Db, since: number): Promise<Absence[]> {
  const rows = await db.all<{ agentId: string; status: string; at: number }>(sql`
    SELECT agent_id AS agentId, status, created_at AS at FROM directives ORDER BY agent_id, version`);
  const absences: Absence[] = [];
  let open: Absence | null = null;
  for (const { agentId, status, at } of rows) {
    if (open !== null && open.agentId !== agentId) open = null;
    if (status === "run") {
      if (open !== null) open.until = at;
      open = null;
    } else if (open === null) absences.push((open = { agentId, from: at, until: null }));
  }
  return absences.filter(({ until }) => until === null || until > since).toSorted((a, b) => a.from - b.from);
}

export type ReplayedChange = typeof changes.$inferSelect;

/** What people and deployments announced of agents since then, and accepted as normal; not what detection noticed by itself. */
export async function listAnnounced(db: Db, since: number): Promise<ReplayedChange[]> {
  return db
    .select()
    .from(changes)
    .where(and(eq(changes.subjectKind, "agent"), gte(changes.createdAt, since), ne(changes.source, "detected")))
    .orderBy(changes.createdAt);
}

/** Puts changes where a sweep has yet to take them in. */
export const insertChanges = (db: Db, rows: readonly ReplayedChange[]): Statement =>
  db.insert(changes).values(rows.map((row) => ({ ...row, takenAt: null })));

/** Whether any agent is anything but well, so that time alone may change something. */
export async function isAnyoneIll(db: Db): Promise<boolean> {
  const rows = await db.all(sql`SELECT 1 FROM agents WHERE state NOT IN ('learning', 'healthy') LIMIT 1`);
  return rows.length > 0;
}

/** Agents that are held, and since when. */
export async function listHeld(db: Db): Promise<{ agentId: string; since: number }[]> {
  return db.all(sql`
    SELECT a.id AS agentId, d.created_at AS since FROM agents a JOIN directives d ON d.agent_id = a.id AND d.version = a.directive_version
    WHERE a.state IN ('quarantined', 'healing', 'exhausted')`);
}

/** Events of the agent, heartbeats aside, after one place and up to another. */
export async function countSamples(db: Db, agentId: string, after: number, upTo: number): Promise<number> {
  const [row] = await db.all<{ n: number }>(sql`
    SELECT count(*) AS n FROM agent_events
    WHERE agent_id = ${agentId} AND seq > ${after} AND seq <= ${upTo} AND kind NOT IN ('heartbeat', 'outcome')`);
  return row!.n;
}

/** How often somebody changed the settings of the fleet or of a type since then. */
export async function countSettingsChanges(db: Db, since: number): Promise<number> {
  const [row] = await db.all<{ n: number }>(sql`
    SELECT count(*) AS n FROM stream_events WHERE type IN ('settings.changed', 'type.changed') AND at >= ${since}`);
  return row!.n;
}

/** What counts as a measured value of an event. */
const VITALS = ["latency_ms", "ttft_ms", "input_tokens", "output_tokens", "token_count", "cost", "tool_calls", "retries", "attempts", "success", "result_bytes", "cached_input_tokens"]; // prettier-ignore
const VITALS_COUNTED = VITALS.map((field) => `(body->>'${field}' IS NOT NULL)`).join(" + ");

/** What was replayed since then, and what was only learned from before. */
export async function countReplayed(db: Db, from: number) {
  const [row] = await db.all<{ events: number; agents: number; vitals: number; before: number }>(sql`
    SELECT count(*) AS events, count(DISTINCT agent_id) AS agents, coalesce(sum(${sql.raw(VITALS_COUNTED)}), 0) AS vitals,
      (SELECT count(*) FROM agent_events WHERE received_at < ${from}) AS before
    FROM agent_events WHERE received_at >= ${from}`);
  return row!;
}

/** Agents and their events since then that say less than others: of an agent that was still learning, too late to be judged. */
export async function countUnjudged(db: Db, from: number) {
  const [learning] = await db.all<{ agents: number; events: number }>(sql`
    SELECT count(DISTINCT e.agent_id) AS agents, count(*) AS events FROM agent_events e
    LEFT JOIN (SELECT agent_id, min(at) AS at FROM stream_events
               WHERE type IN ('agent.healthy', 'agent.suspected', 'incident.opened') GROUP BY agent_id) AS known USING (agent_id)
    WHERE e.received_at >= ${from} AND (known.at IS NULL OR e.received_at < known.at)`);
  const [late] = await db.all<{ agents: number; events: number }>(sql`
    SELECT count(DISTINCT agent_id) AS agents, count(*) AS events FROM agent_events WHERE received_at >= ${from} AND late`);
  return { learning: learning!, late: late! };
}

/** How many agents have each blind spot. */
export async function countBlindSpots(db: Db): Promise<{ spot: BlindSpot; agents: number }[]> {
  return db.all(sql`
    SELECT b.value AS spot, count(*) AS agents FROM agents, json_each(agents.blind_spots) b
    WHERE agents.last_seen_at > 0 GROUP BY b.value ORDER BY b.value`);
}

/** Agents that somebody held by hand since then. */
export async function countHeldBy(db: Db, by: string, from: number): Promise<number> {
  const [row] = await db.all<{ n: number }>(sql`
    SELECT count(DISTINCT agent_id) AS n FROM directives WHERE created_by = ${by} AND status = 'quarantined' AND created_at >= ${from}`);
  return row!.n;
}

interface TreatmentRow {
  agentId: string;
  incidentId: string;
  kind: "agent" | "external" | "limit";
  mode: "observe" | "recommend" | "act";
  wouldHave: string | null;
  openedAt: number;
  closedAt: number | null;
  severity: number;
  heldAt: number | null;
  freedAt: number | null;
  evidence: string;
  action: AgentAction | null;
  policy: PolicyAnswer | null;
  why: string | null;
}

/**
 * What was done about each agent that left its baseline, from incidents opened since then, in order. What a person held without any
 * evidence of Sentinel's is not in it.
 */
export async function listTreatments(db: Db, since: number): Promise<Treatment[]> {
  const rows = await db.all<TreatmentRow>(sql`
    SELECT s.subject_id AS agentId, i.id AS incidentId, i.kind, i.mode, i.would_have AS wouldHave, i.opened_at AS openedAt,
      i.closed_at AS closedAt, i.severity, d.created_at AS heldAt,
      (SELECT min(created_at) FROM directives f WHERE f.agent_id = s.subject_id AND f.version > d.version AND f.status = 'run') AS freedAt,
      (SELECT evidence FROM anomalies WHERE incident_id = i.id AND agent_id = s.subject_id AND verdict <> 'watch' ORDER BY at, event_seq LIMIT 1) AS evidence,
      p.action, p.policy, p.reason AS why
    FROM incidents i
    JOIN incident_subjects s ON s.incident_id = i.id AND s.subject_kind = 'agent'
    LEFT JOIN directives d ON d.agent_id = s.subject_id AND d.version = (
      SELECT min(version) FROM directives WHERE agent_id = s.subject_id AND incident_id = i.id AND status = 'quarantined' AND created_by = 'sentinel')
    LEFT JOIN proposals p ON p.id = (
      SELECT id FROM proposals WHERE incident_id = i.id AND subject_id = s.subject_id ORDER BY created_at, rowid LIMIT 1)
    WHERE i.opened_at >= ${since} AND i.kind IN ('agent', 'external', 'limit')
    ORDER BY i.opened_at, i.id, s.subject_id`);
  return rows.flatMap((row) => (row.evidence === null ? [] : [treatmentOf(row)]));
}

function treatmentOf(row: TreatmentRow): Treatment {
  const evidence = JSON.parse(row.evidence) as Anomaly;
  return {
    agentId: row.agentId,
    incidentId: row.incidentId,
    at: evidence.at,
    seq: evidence.seq < 0 ? null : evidence.seq,
    openedAt: row.openedAt,
    endedAt: row.heldAt === null ? row.closedAt : (row.freedAt ?? row.closedAt),
    standing: standingOf(row),
    heldAt: row.heldAt,
    reason: describeAnomaly(evidence),
    severity: row.severity,
    samples: evidence.samples,
    proposal:
      row.action === null || row.policy === null
        ? null
        : { action: row.action, policy: row.policy, reason: row.why ?? "" },
  };
}

function standingOf({ kind, heldAt, wouldHave }: TreatmentRow): Treatment["standing"] {
  if (heldAt !== null) return "held";
  switch (kind) {
    case "limit":
      return "limited";
    case "external":
      return "shared_cause";
    case "agent":
      return wouldHave === null ? "recommended" : "would_hold";
  }
}
