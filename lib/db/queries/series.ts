import { and, desc, eq, gte, isNotNull, sql } from "drizzle-orm";
import type { SeriesAnswer } from "@/lib/contracts/agent-activity";
import { bands } from "@/lib/core/detection/detect";
import { stratumClass } from "@/lib/core/detection/strata";
import type { EventKind } from "@/lib/core/base/vocabulary";
import type { Db } from "../client";
import { detectorStates, rollups, runs } from "../schema";
import { FIELDS_SQL, fieldsOf, READINGS, stepOf } from "./readings";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Longer windows are read from the hourly rollups. Raw events are kept a day at least. */
const RAW_WINDOW_MS = 24 * HOUR;
/** More points than this are not told apart on a screen: they are put into as many buckets. */
const POINTS = 600;
/** About how many events are read for one series. Of more, one in k is: means stay true, single extremes may be missed. */
const EVENTS_READ = 6_000;
/** Events looked through for the names of what an agent reports. */
const EVENTS_NAMED = 100;
/** Reports arrive this long before their own time at most: a clock that is ahead by more is set right on arrival. */
const AHEAD_MS = 10 * MINUTE;

type Points = SeriesAnswer["points"];
type Point = Points[number];

/** Metrics of whole runs: what one run had used up when it was last heard of. */
const RUN_METRICS = {
  run_cost: runs.cost,
  run_tokens: runs.tokens,
  run_calls: sql<number>`${runs.modelCalls} + ${runs.toolCalls}`,
} as const;
const isRunMetric = (metric: string): metric is keyof typeof RUN_METRICS => Object.hasOwn(RUN_METRICS, metric);
/** Metrics of a minute: the sum of what its events cost. */
const SPEND = "spend_per_min";

/**
 * One metric of one agent over the last `minutes`, with the band of normal of the stratum that each point belongs to.
 * `event`: the events themselves; `bucket`: means with their extremes, where there are more than fit; `hour`: the same from
 * the rollups. Buckets without events are left out. An unknown metric has no points. Tool calls are read by the names
 * `tool.…`. Times are the agents' own, so late events stand where they belong.
 */
export async function loadSeries(
  db: Db,
  agentId: string,
  { metric, minutes }: { metric: string; minutes: number },
  now: number,
): Promise<SeriesAnswer> {
  const from = now - minutes * MINUTE;
  const [metrics, band, { resolution, points }] = await Promise.all([
    listMetrics(db, agentId, now),
    loadBands(db, agentId, metric),
    read(db, agentId, metric, from, now),
  ]);
  return { metric, resolution, points: points.map(({ step, ...point }) => ({ ...point, ...band(step) })), metrics };
}

/** A point and the kind of step it belongs to. */
interface Step {
  kind: EventKind;
  step: string | null;
  model: string | null;
}
type Read = Omit<Point, "low" | "high"> & { step: Step | null };

type Answer = { resolution: SeriesAnswer["resolution"]; points: Read[] };

async function read(db: Db, agentId: string, metric: string, from: number, now: number): Promise<Answer> {
  if (isRunMetric(metric)) return bucketed(await readRuns(db, agentId, metric, from), from, now);
  const long = now - from > RAW_WINDOW_MS;
  if (metric === SPEND && long) return { resolution: "hour", points: await hourlySpend(db, agentId, from) };
  if (metric === SPEND) return bucketed(await readSpend(db, agentId, from), from, now);
  if (!Object.hasOwn(READINGS, metric)) return { resolution: "event", points: [] };
  if (long) return { resolution: "hour", points: await readHours(db, agentId, metric, from) };
  const { points } = await readEvents(db, agentId, metric, from);
  return bucketed(points, from, now);
}

/** Events of the window by the agent's index; where there are many, one in `every`. */
async function readEvents(
  db: Db,
  agentId: string,
  metric: string,
  from: number,
): Promise<{ points: Read[]; every: number }> {
  const first = await firstSeq(db, from);
  if (first === null) return { points: [], every: 1 };
  const [counted] = await db.all<{ n: number }>(
    sql`SELECT count(*) AS n FROM agent_events WHERE agent_id = ${agentId} AND seq >= ${first}`,
  );
  const every = Math.max(1, Math.ceil((counted?.n ?? 0) / EVENTS_READ));
  // One JSON text instead of thousands of rows: the driver spends more on a row than SQLite on reading it.
  const [packed] = await db.all<{ rows: string }>(sql`
    SELECT json_group_array(json_array(at, kind, run_id, iif(kind = 'tool_call', body->>'$.tool', body->>'$.step_kind'),
                                       body->>'$.model', ${sql.raw(FIELDS_SQL)})) AS rows
    FROM agent_events WHERE agent_id = ${agentId} AND seq >= ${first} AND ${oneIn(every)} AND at >= ${from}`);
  const rows = JSON.parse(packed!.rows) as [
    number,
    EventKind,
    string | null,
    string | null,
    string | null,
    unknown[],
  ][];
  const reading = READINGS[metric]!;
  const points = rows
    .flatMap(([at, kind, runId, step, model, fields]) => {
      if (stepOf(kind, runId) !== reading.of) return [];
      const value = reading.value(fieldsOf(fields));
      return value === null ? [] : [{ at, value, min: value, max: value, step: { kind, step, model } }];
    })
    .toSorted((a, b) => a.at - b.at);
  return { points, every };
}

/** A sample that no rhythm of the events can fall in step with: by a multiplicative hash of the sequence (Knuth, TAOCP 6.4). */
const oneIn = (every: number) => (every === 1 ? sql`true` : sql`((seq * 2654435761) >> 16) % ${every} = 0`);

/** Where in the order of arrival a window begins; null when nothing has arrived since. */
async function firstSeq(db: Db, from: number): Promise<number | null> {
  const [row] = await db.all<{ seq: number }>(
    sql`SELECT seq FROM agent_events WHERE received_at >= ${from - AHEAD_MS} ORDER BY received_at, seq LIMIT 1`,
  );
  return row?.seq ?? null;
}

async function readRuns(db: Db, agentId: string, metric: keyof typeof RUN_METRICS, from: number): Promise<Read[]> {
  const value = RUN_METRICS[metric];
  const rows = await db
    .select({ at: runs.lastAt, value: sql<number>`${value}` })
    .from(runs)
    .where(and(eq(runs.agentId, agentId), gte(runs.lastAt, from), isNotNull(value)))
    .orderBy(desc(runs.lastAt))
    .limit(EVENTS_READ);
  return rows.toReversed().map((row) => ({ at: row.at, value: row.value, min: row.value, max: row.value, step: null }));
}

async function readSpend(db: Db, agentId: string, from: number): Promise<Read[]> {
  const { points, every } = await readEvents(db, agentId, "cost", from);
  const minutes = new Map<number, number>();
  for (const { at, value } of points) {
    const minute = Math.floor(at / MINUTE) * MINUTE;
    minutes.set(minute, (minutes.get(minute) ?? 0) + value * every);
  }
  return [...minutes].map(([at, value]) => ({ at, value, min: value, max: value, step: null }));
}

/** The mean spend of an hour's minutes; what its single minutes were is not kept. */
async function hourlySpend(db: Db, agentId: string, from: number): Promise<Read[]> {
  const rows = await listHours(db, agentId, "cost", from);
  return rows.map(({ hour, sum }) => ({ at: hour * HOUR, value: sum / 60, min: sum / 60, max: sum / 60, step: null }));
}

async function readHours(db: Db, agentId: string, metric: string, from: number): Promise<Read[]> {
  const rows = await listHours(db, agentId, metric, from);
  return rows.map(({ hour, count, sum, min, max }) => ({ at: hour * HOUR, value: sum / count, min, max, step: null }));
}

const listHours = (db: Db, agentId: string, metric: string, from: number) =>
  db
    .select()
    .from(rollups)
    .where(and(eq(rollups.agentId, agentId), gte(rollups.hour, Math.floor(from / HOUR)), eq(rollups.metric, metric)))
    .orderBy(rollups.hour);

/** Puts points into equal spans of time if there are too many; a bucket belongs to the kind of step that most of it is. */
function bucketed(points: Read[], from: number, to: number): { resolution: "event" | "bucket"; points: Read[] } {
  if (points.length <= POINTS) return { resolution: "event", points };
  const width = (to - from) / POINTS;
  const buckets = new Map<number, Read[]>();
  for (const point of points) {
    const index = Math.floor((point.at - from) / width);
    const bucket = buckets.get(index);
    if (bucket) bucket.push(point);
    else buckets.set(index, [point]);
  }
  return {
    resolution: "bucket",
    points: [...buckets].map(([index, bucket]) => ({
      at: Math.round(from + (index + 0.5) * width),
      value: bucket.reduce((sum, point) => sum + point.value, 0) / bucket.length,
      min: bucket.reduce((least, point) => Math.min(least, point.min), Infinity),
      max: bucket.reduce((most, point) => Math.max(most, point.max), -Infinity),
      step: commonest(bucket),
    })),
  };
}

function commonest(bucket: Read[]): Step | null {
  const counts = new Map<string, { step: Step | null; n: number }>();
  for (const { step } of bucket) {
    const key = JSON.stringify(step);
    const entry = counts.get(key) ?? { step, n: 0 };
    entry.n++;
    counts.set(key, entry);
  }
  return [...counts.values()].reduce((a, b) => (b.n > a.n ? b : a)).step;
}

type Band = Pick<Point, "low" | "high">;
const NO_BAND: Band = { low: null, high: null };

/**
 * The band of normal for a point: of the strata of its kind of step that with its model, else the one that most was
 * learned about. Points that stand for many steps get the band of the commonest stratum.
 */
async function loadBands(db: Db, agentId: string, metric: string): Promise<(step: Step | null) => Band> {
  const row = await db.query.detectorStates.findFirst({ where: eq(detectorStates.agentId, agentId) });
  const reading = Object.hasOwn(READINGS, metric) ? READINGS[metric] : undefined;
  if (!row || !reading) return () => NO_BAND;
  const learned = bands(row.state)
    .filter(
      (band) => band.metric === reading.metric && band.stratum.startsWith("tool_call|") === (reading.of === "tool"),
    )
    .toSorted((a, b) => b.n - a.n);
  const known = new Map<string, Band>();
  return (step) => {
    const key = JSON.stringify(step);
    const found = known.get(key) ?? choose(learned, step);
    known.set(key, found);
    return found;
  };
}

function choose(learned: ReturnType<typeof bands>, step: Step | null): Band {
  const ofStep = step ? `${stratumClass(step.kind, step.step)}|` : "";
  const candidates = learned.filter((band) => band.stratum.startsWith(ofStep));
  const band = candidates.find((b) => step && b.stratum.startsWith(`${ofStep}${step.model ?? ""}|`)) ?? candidates[0];
  return band ? { low: band.low, high: band.high } : NO_BAND;
}

/** Names of what an agent reports: lately by its events, earlier by its rollups. */
async function listMetrics(db: Db, agentId: string, now: number): Promise<string[]> {
  const [events, rolled, ran] = await Promise.all([
    db.all<{ kind: EventKind; runId: string | null; fields: string }>(sql`
      SELECT kind, run_id AS runId, ${sql.raw(FIELDS_SQL)} AS fields FROM agent_events
      WHERE agent_id = ${agentId} ORDER BY seq DESC LIMIT ${EVENTS_NAMED}`),
    db
      .selectDistinct({ metric: rollups.metric })
      .from(rollups)
      .where(and(eq(rollups.agentId, agentId), gte(rollups.hour, Math.floor(now / HOUR) - 24))),
    db.select({ cost: runs.cost, tokens: runs.tokens }).from(runs).where(eq(runs.agentId, agentId)).limit(1),
  ]);
  const names = new Set(rolled.map((row) => row.metric));
  for (const { kind, runId, fields } of events) {
    const of = stepOf(kind, runId);
    const f = fieldsOf(JSON.parse(fields) as unknown[]);
    for (const [name, reading] of Object.entries(READINGS))
      if (!names.has(name) && reading.of === of && reading.value(f) !== null) names.add(name);
  }
  const [run] = ran;
  return [
    ...Object.keys(READINGS).filter((name) => names.has(name)),
    ...(names.has("cost") ? [SPEND] : []),
    ...(run ? ["run_calls"] : []),
    ...(run && run.tokens !== null ? ["run_tokens"] : []),
    ...(run && run.cost !== null ? ["run_cost"] : []),
  ];
}
