import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { verifyApiToken } from "@/lib/auth/api-tokens";
import { may, mayForService, mayReportFor, verifyKey } from "@/lib/auth/keys";
import { checkLink, redeemLink } from "@/lib/auth/links";
import { currentUser, signInByPassword } from "@/lib/auth/people";
import { verifySource } from "@/lib/auth/sources";
import { closeDb, type Db, getDb } from "@/lib/db/client";
import { listMemory } from "@/lib/db/queries/healing";
import { findOwner } from "@/lib/db/queries/keys";
import { loadPolicies, loadSettings } from "@/lib/db/queries/settings";
import { agentsAt, openOldDatabase, secrets, servicesAt } from "./test-old-database";

/**
 * Tables, and columns as `table.column`, that a later migration moved elsewhere or dropped on purpose, with the reason. The
 * content that matters is then held by the tests below.
 */
const MOVED: Record<string, string> = {
  hypotheses: "0007: causes of agents and of services are one table",
};
/** Kept by SQLite or by the migrator, and rewritten by it. */
const INTERNAL = /^sqlite_|^__drizzle|^migration_lease$|_fts_|_shadow$/;
const DAY = 86_400_000;

let old: Awaited<ReturnType<typeof openOldDatabase>>;
let db: Db;
beforeEach(async () => {
  old = await openOldDatabase();
  db = old.db;
});
afterEach(() => old.close());

/** Each table of a database with its columns and its rows, as the file has them. */
async function contentOf(one: Db): Promise<Map<string, { columns: string[]; rows: Record<string, unknown>[] }>> {
  const run = (sql: string) => one.$client.execute(sql);
  const tables = (await run("SELECT name FROM sqlite_schema WHERE type = 'table'")).rows.map((row) =>
    z.string().parse(row["name"]),
  );
  const content = new Map<string, { columns: string[]; rows: Record<string, unknown>[] }>();
  for (const table of tables.filter((name) => !INTERNAL.test(name))) {
    const { columns, rows } = await run(`SELECT * FROM "${table}"`);
    content.set(table, { columns, rows: rows as Record<string, unknown>[] });
  }
  return content;
}

test("no row and no value is lost", async () => {
  const untouched = await old.asItWas();
  const [before, after] = [await contentOf(untouched), await contentOf(db)];
  untouched.$client.close();
  expect(before.size).toBeGreaterThan(40);
  for (const [table, { columns, rows }] of before) {
    if (MOVED[table]) continue;
    const now = after.get(table);
    expect(now, `the table ${table}`).toBeDefined();
    const kept = columns.filter((column) => !MOVED[`${table}.${column}`]);
    expect(now!.columns, `the columns of ${table}`).toEqual(expect.arrayContaining(kept));
    const texts = (list: Record<string, unknown>[]) =>
      list.map((row) => JSON.stringify(kept.map((column) => text(row[column])))).toSorted();
    expect(texts(now!.rows), `the rows of ${table}`).toEqual(expect.arrayContaining(texts(rows)));
    expect(now!.rows.length, `how many rows ${table} has`).toBeGreaterThanOrEqual(rows.length);
  }
});

test("what was held to be the cause of an agent's incident stands among the causes", async () => {
  const untouched = await old.asItWas();
  const before = (await contentOf(untouched)).get("hypotheses")!.rows;
  untouched.$client.close();
  const after = (await contentOf(db)).get("causes")!.rows;
  expect(before.length).toBeGreaterThan(5);
  for (const { diagnosis, ...row } of before)
    expect(after.find(({ id }) => id === row["id"])).toEqual({
      ...row,
      kind: diagnosis,
      investigation_id: null,
      node: null,
      separates: null,
      notes: "[]",
      feedback: null,
      feedback_by: null,
      raw: null,
    });
});

const text = (value: unknown): unknown => (value instanceof ArrayBuffer ? Buffer.from(value).toString("hex") : value);

test("agents, incidents, approvals and what was tried stand where they stood", async () => {
  const states = (await db.query.agents.findMany()).map(({ id, state }) => `${id} ${state}`);
  expect(states.toSorted()).toEqual([
    "d-1 suspected",
    "d-2 suspected",
    "d-3 healthy",
    "r-1 quarantined",
    "r-2 probation",
    "r-3 quarantined",
    "r-4 suspected",
    "r-5 quarantined",
    "r-6 suspected",
    "s-1 healthy",
    "s-2 healthy",
    "s-3 suspected",
    "w-1 suspected",
    "w-2 suspected",
    "w-3 exhausted",
  ]);
  const incidents = await db.query.incidents.findMany();
  expect(incidents.map(({ kind, state, title }) => `${kind} ${state} ${title.split(":")[0]}`).toSorted()).toEqual([
    "agent awaiting_approval d-1",
    "agent awaiting_approval r-1",
    "agent dismissed s-1",
    "agent escalated r-5",
    "agent escalated w-3",
    "agent rejected r-3",
    "agent resolved r-4",
    "agent resolved w-1",
    "agent resolved w-2",
    "agent verifying r-2",
    "external verifying model m-1",
    "limit escalated Automatic containment stopped at its limit",
    "service awaiting_approval api",
    "service awaiting_approval orders",
    "service escalated ledger",
    "service escalated orders@staging",
    "service resolved mail",
    "service resolved shop",
  ]);
  const approvals = await db.query.approvals.findMany();
  expect(approvals.map(({ subjectId, state }) => `${subjectId} ${state}`).toSorted()).toEqual([
    "api pending",
    "d-1 pending",
    "ledger approved",
    "orders pending",
    "r-1 pending",
    "r-2 approved",
    "r-3 rejected",
    "r-4 void",
    "shop approved",
  ]);
  const runs = await db.query.actionRuns.findMany();
  expect(runs.map((run) => `${run.subjectId} ${run.action} ${run.outcome}${run.undoneAt ? " undone" : ""}`)).toEqual([
    "w-1 reset_memory recovered",
    "w-2 reduce_autonomy recovered",
    "w-3 reset_memory worse undone",
    "w-3 reduce_autonomy worse undone",
    "r-2 reset_memory pending",
    "shop run_command recovered",
    "ledger run_command no_effect",
  ]);
  expect(await listMemory(db, "w-1", "Writer")).toEqual(
    expect.arrayContaining([expect.objectContaining({ scope: "agent", action: "reset_memory", successes: 1 })]),
  );
  const modes = [...(await loadPolicies(db)).values()].map(({ type, mode }) => `${type} ${mode}`);
  expect(modes.toSorted()).toEqual(["Data recommend", "Research act", "Support observe", "Writer act"]);
  expect(await loadSettings(db)).toMatchObject({ limits: { fleet_share: 0.05, type_share: 0.2, per_hour: 3 } });
});

describe("those who may come in", () => {
  beforeEach(() => {
    Object.assign(process.env, { LIBSQL_URL: old.url });
  });
  afterEach(closeDb);

  test("keys, bound as they were; what was revoked stays out", async () => {
    const key = async (secret: string) => verifyKey(db, secret, servicesAt);
    const [fleet, bound, logs] = await Promise.all(
      [secrets.keys.fleet, secrets.keys.bound, secrets.keys.logs].map(key),
    );
    expect([fleet, bound, logs].map((one) => one!.scopes)).toEqual([
      ["events", "changes"],
      ["events", "changes"],
      ["events", "changes", "logs"],
    ]);
    expect(mayReportFor(fleet!, "r-1", await findOwner(db, "r-1"))).toBe(true);
    expect(["r-6", "r-1"].map((id) => may(bound!, id))).toEqual([true, false]);
    expect(["pay-1", "r-1"].map((id) => may(logs!, id))).toEqual([true, false]);
    expect(["payments", "shop"].map((id) => mayForService(logs!, id))).toEqual([true, false]);
    expect(await key(secrets.keys.revoked)).toBeNull();
  });

  test("API tokens and sources of alerts", async () => {
    const role = async (token: string, at = servicesAt) => (await verifyApiToken(db, token, at))?.role ?? null;
    expect(await role(secrets.tokens.viewer)).toBe("viewer");
    expect(await role(secrets.tokens.operator)).toBe("operator");
    expect(await role(secrets.tokens.operator, servicesAt + 90 * DAY)).toBeNull();
    expect(await role(secrets.tokens.revoked)).toBeNull();
    expect(await verifySource(db, "generic", secrets.source, servicesAt)).toMatchObject({ kind: "generic" });
  });

  test("people, by the password that they had, and whoever was invited", async () => {
    const ours = await getDb();
    for (const [email, role] of [
      ["ada@example.com", "admin"],
      ["bob@example.com", "operator"],
      ["eve@example.com", "viewer"],
    ] as const) {
      const { person, cookies } = await signInByPassword(ours, email, secrets.password, new Headers());
      expect(person).toMatchObject({ email, role });
      const cookie = cookies
        .getSetCookie()
        .map((one) => one.split(";", 1)[0]!)
        .join("; ");
      expect(await currentUser(new Headers({ cookie }))).toMatchObject({ email, role });
    }
    expect(await checkLink(ours, secrets.invitation, agentsAt)).toMatchObject({ email: "dan@example.com" });
    const body = { token: secrets.invitation, name: "Dan", password: secrets.password };
    const { person } = await redeemLink(ours, body, new Headers(), agentsAt);
    expect(person).toMatchObject({ email: "dan@example.com", role: "viewer" });
  });
});
