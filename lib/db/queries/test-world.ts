import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentEvent } from "@/lib/contracts/event";
import { UNSPECIFIED } from "@/lib/core/detection/anomaly";
import { type Anomaly, createDetector, DEFAULT_DETECT_SETTINGS, observe } from "@/lib/core/detection/detect";
import type { EventKind } from "@/lib/core/base/vocabulary";
import { closeDb, type Db, getDb, openDb, type Statement, write } from "../client";
import { migrateDb } from "../migrate";
import * as schema from "../schema";

/** A migrated database without a row, as a file holds it: made once in a process, since each test needs one. */
let migrated: Promise<Buffer> | undefined;

async function readMigrated(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "sentinel-db-"));
  const file = join(folder, "s.db");
  const db = await openDb({ url: `file:${file}` });
  await migrateDb(db);
  await db.$client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  db.$client.close();
  const whole = await readFile(file);
  await rm(folder, { recursive: true });
  return whole;
}

/** For tests: a database of its own, on a file, as it is in production. */
export async function openTestDb(): Promise<{ db: Db; url: string; close: () => Promise<void> }> {
  const { url, remove } = await migratedFile();
  const db = await openDb({ url });
  const close = async () => {
    db.$client.close();
    await remove();
  };
  return { db, url, close };
}

/**
 * The same for tests of routes, which open the database that LIBSQL_URL names: a migrated one under that name. Other settings that a
 * test needs are set before, since opening it reads them all.
 */
export async function openServerDb(): Promise<{ db: Db; url: string; close: () => Promise<void> }> {
  const { url, remove } = await migratedFile();
  process.env.LIBSQL_URL = url;
  const close = async () => {
    await closeDb();
    await remove();
  };
  return { db: await getDb(), url, close };
}

/** The file of one that is not open yet. */
export async function migratedFile(): Promise<{ url: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "sentinel-db-"));
  const file = join(folder, "s.db");
  await writeFile(file, await (migrated ??= readMigrated()));
  return { url: `file:${file}`, remove: () => rm(folder, { recursive: true }) };
}

/** The moment at which the tests look. */
export const NOW = Date.UTC(2026, 4, 20, 12, 30);
const MINUTE = 60_000;

/** Rows beyond this in one insert would meet SQLite's limit of bound values. */
const ROWS = 500;

/** Inserts rows of one table, many at a time. */
export async function insert<T extends keyof typeof TABLES>(
  db: Db,
  table: T,
  rows: (typeof TABLES)[T]["$inferInsert"][],
): Promise<void> {
  const statements: Statement[] = [];
  for (let from = 0; from < rows.length; from += ROWS)
    statements.push(db.insert(TABLES[table]).values(rows.slice(from, from + ROWS) as never));
  await write(db, statements);
}

const TABLES = {
  agents: schema.agents,
  agentTypes: schema.agentTypes,
  agentInstances: schema.agentInstances,
  directives: schema.directives,
  incidents: schema.incidents,
  incidentSubjects: schema.incidentSubjects,
  services: schema.services,
  investigations: schema.investigations,
  anomalies: schema.anomalies,
  findings: schema.findings,
  causes: schema.causes,
  proposals: schema.proposals,
  approvals: schema.approvals,
  actionRuns: schema.actionRuns,
  immuneMemory: schema.immuneMemory,
  changes: schema.changes,
  streamEvents: schema.streamEvents,
  agentEvents: schema.agentEvents,
  ingestRequests: schema.ingestRequests,
  detectorStates: schema.detectorStates,
  rollups: schema.rollups,
  runs: schema.runs,
  shards: schema.shards,
  settings: schema.settings,
} as const;

type Row<T extends keyof typeof TABLES> = (typeof TABLES)[T]["$inferInsert"];

export const agentRow = (id: string, rest: Partial<Row<"agents">> = {}): Row<"agents"> => ({
  id,
  type: "Research",
  state: "healthy",
  stateSince: NOW - 60 * MINUTE,
  firstSeenAt: NOW - 600 * MINUTE,
  lastSeenAt: NOW - 1_000,
  ...rest,
});

export const eventRow = (
  agentId: string,
  at: number,
  body: Partial<AgentEvent>,
  rest: Partial<Row<"agentEvents">> & { kind?: EventKind } = {},
): Row<"agentEvents"> => ({ shard: 0, agentId, kind: "model_call", at, receivedAt: at, body, ...rest });

export const directiveRow = (
  agentId: string,
  version: number,
  rest: Partial<Row<"directives">> = {},
): Row<"directives"> => ({
  agentId,
  version,
  hash: `h${version}`,
  status: "quarantined",
  revokedTools: [],
  autonomy: { level: "full", max_model_calls: null, max_tool_calls: null, temperature: null },
  memoryEpoch: 0,
  reason: "tokens left their band",
  createdBy: "sentinel",
  createdAt: NOW - 5_000,
  ...rest,
});

export const incidentRow = (id: string, rest: Partial<Row<"incidents">> = {}): Row<"incidents"> => ({
  id,
  kind: "agent",
  state: "awaiting_approval",
  title: "Tokens left their band",
  severity: 8.2,
  mode: "act",
  onsetAt: NOW - 20 * MINUTE,
  openedAt: NOW - 19 * MINUTE,
  ...rest,
});

export const proposalRow = (
  id: string,
  incidentId: string,
  agentId: string,
  rest: Partial<Row<"proposals">> = {},
): Row<"proposals"> => ({
  id,
  incidentId,
  subjectId: agentId,
  action: "reset_memory",
  args: { epoch: 1 },
  state: "pending",
  rung: 1,
  risk: "hard_to_undo",
  reversible: true,
  blastRadius: "one agent",
  expected: "goes on with an empty memory",
  skipped: [{ action: "rollback_prompt", reason: "not possible: no earlier prompt" }],
  severity: 8.2,
  policy: "ask",
  reason: "severity at or above the threshold",
  digest: `digest-${id}`,
  targetVersion: 1,
  createdAt: NOW - 18 * MINUTE,
  expiresAt: NOW + 60 * MINUTE,
  ...rest,
});

export const approvalRow = (
  id: string,
  of: Row<"proposals">,
  rest: Partial<Row<"approvals">> = {},
): Row<"approvals"> => ({
  id,
  proposalId: of.id,
  incidentId: of.incidentId,
  subjectId: of.subjectId,
  digest: of.digest,
  state: "pending",
  requestedAt: of.createdAt,
  expiresAt: NOW + 60 * MINUTE,
  ...rest,
});

export const actionRow = (
  id: string,
  of: Row<"proposals">,
  rest: Partial<Row<"actionRuns">> = {},
): Row<"actionRuns"> => ({
  id,
  idempotencyKey: `key-${id}`,
  proposalId: of.id,
  incidentId: of.incidentId,
  subjectId: of.subjectId,
  action: of.action,
  args: of.args,
  by: "sentinel",
  why: "allowed below the threshold",
  state: "done",
  startedAt: NOW - 15 * MINUTE,
  ...rest,
});

export const anomaly = (rest: Partial<Anomaly> = {}): Anomaly => ({
  type: "token_spike",
  metric: "token_count",
  stratum: "model_call||m|p|t",
  verdict: "quarantine",
  severity: 8.2,
  at: NOW - 20 * MINUTE,
  seq: 7,
  value: 90_000,
  expected: { low: 400, mid: 900, high: 2_100 },
  evidence: "single",
  statistic: 40,
  threshold: 18,
  effect: 100,
  samples: 1,
  runId: null,
  detail: {},
  ...rest,
});

export const anomalyRow = (
  id: string,
  agentId: string,
  incidentId: string | null,
  evidence = anomaly(),
): Row<"anomalies"> => ({
  id,
  agentId,
  incidentId,
  type: evidence.type,
  metric: evidence.metric,
  stratum: evidence.stratum,
  verdict: evidence.verdict,
  severity: evidence.severity,
  at: evidence.at,
  eventSeq: evidence.seq,
  evidence,
});

/** A detector that has seen `n` model calls of some hundred ms, without randomness. */
export function learnedDetector(n: number, model = "m") {
  const state = createDetector();
  for (let seq = 1; seq <= n; seq++)
    observe(
      state,
      {
        seq,
        at: NOW - (n - seq) * 1_000,
        kind: "model_call",
        ...UNSPECIFIED,
        model,
        promptVersion: "p",
        success: true,
        values: { latency_ms: 400 + 150 * Math.sin(seq * 1.7), token_count: 900 + 200 * Math.cos(seq * 2.3), error: 0 },
        learn: true,
      },
      DEFAULT_DETECT_SETTINGS,
      null,
    );
  return state;
}
