import { count, desc, eq, gte, isNotNull, isNull, notInArray, sql } from "drizzle-orm";
import { quantile } from "simple-statistics";
import type { OverviewAnswer } from "@/lib/contracts/overview";
import { AGENT_STATES, type AgentState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { countAsking } from "@/lib/db/queries/budgets";
import { actionRuns, agents, approvals, incidents } from "@/lib/db/schema";
import { CLOSED_STATES } from "./incidents";
import { loadServicesOverview } from "./services-overview";
import { findSettingsChange, loadSettings } from "@/lib/db/queries/settings";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MONTH = 30 * DAY;
/** Durations are told of the newest so many incidents: what is true now, not what was a year ago. */
const RECENT_INCIDENTS = 200;
/** Events that wait for the sweep are counted up to here. */
const LAG_COUNTED = 50_000;
/** The fleet's volume is not extrapolated from less than this. */
const VOLUME_MIN_MS = 5 * MINUTE;
/** Of so many of the newest events the share that is judged is taken (heartbeats are not). */
const MIX_SAMPLE = 1_000;

/** Fleet statistics at `now`. `demo`: whether faults can be injected. */
export async function loadOverview(db: Db, { now, demo }: { now: number; demo: boolean }): Promise<OverviewAnswer> {
  const [states, services, events, incidentCounts, [pending], asking, healing, contain, heal, sweep, settings, change] =
    await Promise.all([
      countAgents(db),
      loadServicesOverview(db),
      countEvents(db, now),
      countIncidents(db, now),
      db.select({ n: count() }).from(approvals).where(eq(approvals.state, "pending")),
      countAsking(db, now),
      countHealing(db),
      durations(db, incidents.containedAt),
      durations(db, incidents.healedAt),
      loadSweep(db, now),
      loadSettings(db),
      findSettingsChange(db),
    ]);
  const volume = await samplesPerMonth(db, now);
  return {
    now,
    agents: states,
    services,
    events,
    incidents: incidentCounts,
    approvals: { pending: pending?.n ?? 0, budgets: asking },
    healing,
    time_to_contain: contain,
    time_to_heal: heal,
    sweep,
    global_stop: {
      on: settings.global_stop,
      by: settings.global_stop ? (change?.by ?? null) : null,
      at: settings.global_stop ? (change?.at ?? null) : null,
    },
    false_alarms: { arl: settings.arl, per_month: volume === null ? null : volume / settings.arl },
    demo,
  };
}

async function countAgents(db: Db): Promise<OverviewAnswer["agents"]> {
  const rows = await db
    .select({ state: agents.state, n: count(), live: sql<number>`sum(${agents.liveness} = 'live')` })
    .from(agents)
    .where(isNull(agents.retiredAt))
    .groupBy(agents.state);
  const none = Object.fromEntries(AGENT_STATES.map((state) => [state, 0])) as Record<AgentState, number>;
  return {
    total: rows.reduce((sum, row) => sum + row.n, 0),
    live: rows.reduce((sum, row) => sum + row.live, 0),
    by_state: { ...none, ...Object.fromEntries(rows.map((row) => [row.state, row.n])) },
  };
}

async function countEvents(db: Db, now: number): Promise<OverviewAnswer["events"]> {
  const [row] = await db.all<{ minute: number; total: number }>(sql`
    SELECT (SELECT count(*) FROM agent_events WHERE received_at > ${now - MINUTE} AND received_at <= ${now}) AS minute,
           (SELECT coalesce(sum(event_count), 0) FROM agents) AS total`);
  const minute = row?.minute ?? 0;
  return { per_second: minute / 60, last_minute: minute, total: row?.total ?? 0 };
}

async function countIncidents(db: Db, now: number): Promise<OverviewAnswer["incidents"]> {
  const [active, [recent]] = await Promise.all([
    db
      .select({ state: incidents.state, n: count() })
      .from(incidents)
      .where(notInArray(incidents.state, CLOSED_STATES))
      .groupBy(incidents.state),
    db
      .select({ n: count() })
      .from(incidents)
      .where(gte(incidents.openedAt, now - DAY)),
  ]);
  return {
    active: active.reduce((sum, row) => sum + row.n, 0),
    last_24h: recent?.n ?? 0,
    escalated: active.find((row) => row.state === "escalated")?.n ?? 0,
  };
}

/** Outcomes of what was meant to cure: waiting and calling people are not attempts. */
async function countHealing(db: Db): Promise<OverviewAnswer["healing"]> {
  const rows = await db
    .select({ outcome: actionRuns.outcome, n: count() })
    .from(actionRuns)
    .where(notInArray(actionRuns.action, ["wait", "notify"]))
    .groupBy(actionRuns.outcome);
  const of = (outcome: string) => rows.find((row) => row.outcome === outcome)?.n ?? 0;
  const [recovered, no_effect, worse, cannot_tell] = [of("recovered"), of("no_effect"), of("worse"), of("cannot_tell")];
  const told = recovered + no_effect + worse;
  return {
    attempts: rows.reduce((sum, row) => sum + row.n, 0),
    recovered,
    no_effect,
    worse,
    cannot_tell,
    success_rate: told === 0 ? null : recovered / told,
  };
}

/** From an incident's onset (an estimate, hence never below 0) to a moment of it, over the newest ones that got there. */
async function durations(
  db: Db,
  until: typeof incidents.containedAt | typeof incidents.healedAt,
): Promise<OverviewAnswer["time_to_contain"]> {
  const rows = await db
    .select({ ms: sql<number>`max(0, ${until} - ${incidents.onsetAt})` })
    .from(incidents)
    .where(isNotNull(until))
    .orderBy(desc(incidents.openedAt))
    .limit(RECENT_INCIDENTS);
  if (rows.length === 0) return null;
  const [p50, p90] = quantile(
    rows.map((row) => row.ms),
    [0.5, 0.9],
  );
  return { p50: p50!, p90: p90!, n: rows.length };
}

/** The age is that of the shard which was swept longest ago: one that stands still is what must be seen. */
export async function loadSweep(db: Db, now: number): Promise<OverviewAnswer["sweep"]> {
  const [row] = await db.all<{ sweptAt: number | null; never: number; lag: number }>(sql`
    SELECT (SELECT min(swept_at) FROM shards) AS sweptAt,
           (SELECT count(*) FROM shards WHERE swept_at IS NULL) AS never,
           (SELECT count(*) FROM agent_events e LEFT JOIN shards s ON s.id = e.shard
            WHERE e.seq > (SELECT coalesce(max(seq), 0) FROM agent_events) - ${LAG_COUNTED}
              AND e.seq > coalesce(s.cursor, 0)) AS lag`);
  const sweptAt = row && row.never === 0 ? row.sweptAt : null;
  return { swept_at: sweptAt, age_ms: sweptAt === null ? null : Math.max(0, now - sweptAt), lag_events: row?.lag ?? 0 };
}

/**
 * Samples that a month at the last day's pace would bring (of the time since the first event, if that is less). Sequences
 * stand for counts: two index look-ups, whatever the volume. Null while there is too little to tell.
 */
async function samplesPerMonth(db: Db, now: number): Promise<number | null> {
  const [first] = await db.all<{ seq: number; at: number }>(sql`
    SELECT seq, received_at AS at FROM agent_events WHERE received_at >= ${now - DAY} ORDER BY received_at, seq LIMIT 1`);
  if (!first || now - first.at < VOLUME_MIN_MS) return null;
  const [last] = await db.all<{ seq: number; judged: number }>(sql`
    SELECT max(seq) AS seq, avg(kind IN ('model_call', 'tool_call', 'run_end')) AS judged
    FROM (SELECT seq, kind FROM agent_events ORDER BY seq DESC LIMIT ${MIX_SAMPLE})`);
  return (((last!.seq - first.seq + 1) * last!.judged) / (now - first.at)) * MONTH;
}
