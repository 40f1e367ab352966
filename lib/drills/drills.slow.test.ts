import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllowList } from "@/lib/actions/service/allow-list";
import { prepare, realOperator } from "@/lib/actions/service/index";
import { type Db, openDb } from "@/lib/db/client";
import { closeDrills, createDrill, deleteDrill, deleteExpired, type DrillRecord, findDrill, getDrill, isDrillDb, listDrills } from "@/lib/db/drills"; // prettier-ignore
import { migrateDb } from "@/lib/db/migrate";
import { listActionRunsOf, listPendingApprovals, listProposalsOf } from "@/lib/db/queries/healing";
import { findScores } from "@/lib/db/queries/scores";
import { getIncident } from "@/lib/db/queries/incidents";
import { alerts, approvals, changes, episodes, incidents, logLines, postmortems, proposals, recordedSeries, services, streamEvents } from "@/lib/db/schema"; // prettier-ignore
import { proposalDigest } from "@/lib/response/proposal";
import { serviceConfig } from "@/lib/config/services";
import { operationText } from "@/lib/response/services/operation-text";
import { serviceTurn } from "@/lib/runtime/service-turn";
import { freshRuntime, type ServiceRuntime } from "@/lib/runtime/service-runtime";
import type { Integrations } from "@/lib/response/services/context";
import { decideOnly } from "@/lib/response/test-waiting";
import { fireDrill } from "./fire";
import { DRILL_OPERATIONS } from "./operations";
import { drillIntegrations, type Played } from "./recording";
import { listScenarios, loadScenario } from "./scenarios";
import { drillTurn } from "./turn";
import { getDrillDetail, listDrillViews, verdictOf } from "./views";

const folder = mkdtempSync(join(tmpdir(), "sentinel-drills-"));
process.env["LIBSQL_URL"] = `file:${join(folder, "sentinel.db")}`;
const DRILLS = join(folder, "drills");
const PERSON = { id: "user-1", name: "Ada" };
const STEP_MS = 2_000;
/** Steps within which every drill has ended: four minutes of its own time. */
const MAX_STEPS = 120;

let real: Db;
beforeAll(async () => {
  real = await openDb({ url: process.env["LIBSQL_URL"]! });
  await migrateDb(real);
});
afterAll(async () => {
  await closeDrills();
  real.$client.close();
  rmSync(folder, { recursive: true });
});

/** A drill whose clock is in the test's hand. */
class Drill {
  readonly runtime: ServiceRuntime = freshRuntime();
  readonly integrations: Integrations;
  private constructor(
    readonly record: DrillRecord,
    readonly played: Played,
    public now: number,
  ) {
    this.integrations = drillIntegrations(played, {});
  }

  static async fire(scenario: string, now = Date.now()): Promise<Drill> {
    const record = await fireDrill(scenario, PERSON.name, now);
    const { db } = await getDrill(record.id, now);
    const played = { db, scenario: await loadScenario(record.scenario, now), incident: record.incident };
    return new Drill(record, played, now);
  }

  get db(): Db {
    return this.played.db;
  }
  state = async () => (await getIncident(this.db, this.record.incident)).state;

  async turn(): Promise<void> {
    const { played, integrations, runtime } = this;
    await drillTurn({
      played,
      integrations,
      runtime,
      config: serviceConfig(new Map()),
      clock: () => this.now,
      wake: () => undefined,
      wakeIn: () => undefined,
    });
    await Promise.all(runtime.pending);
    this.now += STEP_MS;
  }

  /** Turns until it is in one of these states. */
  async until(...states: string[]): Promise<string> {
    for (let step = 0; step < MAX_STEPS; step++) {
      const state = await this.state();
      if (states.includes(state)) return state;
      await this.turn();
    }
    throw new Error(`${this.record.id} is ${await this.state()}, not ${states.join(" or ")}`);
  }

  /** Turns until what was done is measured. */
  async judged() {
    for (let step = 0; step < MAX_STEPS; step++) {
      await this.turn();
      const run = (await listActionRunsOf(this.db, this.record.incident)).at(-1);
      if (run && run.outcome !== "pending") return run;
    }
    throw new Error(`${this.record.id}: nothing was measured`);
  }

  async approve(): Promise<void> {
    await decideOnly(this.db, "approve", PERSON, this.now, this.record.incident);
  }

  /** Fire, investigate, approve what is proposed, measure. */
  async play(): Promise<void> {
    await this.until("awaiting_approval");
    await this.approve();
    await this.until("resolved");
  }
}

const count = async (db: Db, table: Parameters<Db["select"]>[0] extends never ? never : typeof incidents) =>
  (await db.select({ n: sql<number>`count(*)` }).from(table))[0]!.n;

/** Rows of everything that a drill writes. */
async function rowsOf(db: Db): Promise<Record<string, number>> {
  const tables = { incidents, alerts, services, changes, episodes, logLines, postmortems, proposals, approvals, recordedSeries, streamEvents }; // prettier-ignore
  const counts: Record<string, number> = {};
  for (const [name, table] of Object.entries(tables)) counts[name] = await count(db, table as never);
  return counts;
}
const NOTHING = { incidents: 0, alerts: 0, services: 0, changes: 0, episodes: 0, logLines: 0, postmortems: 0, proposals: 0, approvals: 0, recordedSeries: 0, streamEvents: 0 }; // prettier-ignore

describe("each recorded incident as a drill", () => {
  test("alone is resolved by measurement, remembered in its own world and gone after its deletion", async () => {
    const table: object[] = [];
    for (const { id } of await listScenarios()) {
      const drill = await Drill.fire(id);
      await drill.play();
      const [run] = await listActionRunsOf(drill.db, drill.record.incident);
      expect(run, id).toMatchObject({ outcome: "recovered", state: "done" });
      const detail = await getDrillDetail(drill.record.id, drill.now);
      expect(detail, id).toMatchObject({
        incident: { state: "resolved" },
        answer: { right: true },
        episode: { outcome: "recovered", action: run!.args["entry"] },
      });
      expect(await findScores(drill.db, drill.record.incident), id).toMatchObject({
        scores: { remediation_safety: 5 },
      });
      expect((await drill.db.select().from(postmortems))[0]?.markdown, id).toContain("This is the record of a drill");
      table.push({
        drill: id,
        cause: `${detail.episode?.cause_node}: ${detail.episode?.cause_kind}`,
        right: detail.answer?.right,
        operation: `${String(run!.args["entry"])} on ${run!.subjectId}`,
        "measured after s": (run!.judgedAt! - run!.startedAt) / 1_000,
      });
      expect(await deleteDrill(drill.record.id)).toBe(true);
      expect(await findDrill(drill.record.id, drill.now)).toBeNull();
    }
    console.table(table);
    expect(table).toHaveLength(10);
    expect(readdirSync(DRILLS)).toEqual([]);
    expect(await rowsOf(real)).toEqual(NOTHING);
  });

  test("all at once stay apart: none joins another, blames its changes or remembers it", async () => {
    const now = Date.now();
    const drills: Drill[] = [];
    for (const { id } of await listScenarios()) drills.push(await Drill.fire(id, now));
    for (const drill of drills) await drill.until("awaiting_approval");
    for (const drill of drills) await drill.approve();
    for (const drill of drills) await drill.until("resolved");
    for (const { db, record, played } of drills) {
      const rows = await rowsOf(db);
      const { bundle } = played.scenario;
      expect(rows, record.id).toMatchObject({ incidents: 1, alerts: 1, episodes: 1, services: bundle.nodes.length });
      // Its own changes, and what was done in it.
      expect(rows["changes"], record.id).toBe(bundle.changes.length + 1);
      const detail = await getDrillDetail(record.id, now);
      expect(detail.answer?.right, record.id).toBe(true);
    }
    expect(await listDrillViews(now)).toHaveLength(10);
    expect(await rowsOf(real)).toEqual(NOTHING);
    for (const { record } of drills) await deleteDrill(record.id);
    expect(await listDrills()).toEqual([]);
  });

  test("a second run starts fresh, and former ids are still understood", async () => {
    const first = await Drill.fire("checkout-errors");
    await first.play();
    const second = await Drill.fire("bad-deploy-01");
    expect(first.record.scenario).toBe("bad-deploy-01");
    expect(second.record.id).not.toBe(first.record.id);
    expect(await second.state()).toBe("open");
    expect(await rowsOf(second.db)).toMatchObject({ incidents: 1, episodes: 0, approvals: 0 });
    await second.until("awaiting_approval");
    expect((await verdictOf(second.db, second.record)).right).toBe(true);
    for (const { record } of [first, second]) await deleteDrill(record.id);
  });
});

test("a wrong operation is measured to have had no effect, and the next proposal is another", async () => {
  const drill = await Drill.fire("bad-deploy-01");
  await drill.until("awaiting_approval");
  await exchange(drill, "restart", "checkout");
  await drill.approve();
  const wrong = await drill.judged();
  expect(wrong).toMatchObject({ outcome: "no_effect", args: { entry: "restart" } });
  expect(await drill.db.select().from(alerts)).toMatchObject([{ endsAt: null }]);
  await drill.play();
  const runs = await listActionRunsOf(drill.db, drill.record.incident);
  expect(runs.map(({ args, outcome }) => [args["entry"], outcome])).toEqual([
    ["restart", "no_effect"],
    ["roll-back", "recovered"],
  ]);
  await deleteDrill(drill.record.id);
});

/** Makes what is proposed another operation, as if somebody had chosen it, and the approval one of that. */
async function exchange({ db, record }: Drill, name: string, service: string): Promise<void> {
  const [proposal] = await listProposalsOf(db, record.incident);
  const [pending] = await listPendingApprovals(db, record.incident);
  const prepared = prepare(DRILL_OPERATIONS, name, {}, service);
  if (!prepared.ok) throw new Error(prepared.reason);
  const row = {
    ...proposal!,
    subjectId: service,
    args: { entry: name },
    considered: { ...proposal!.considered!, operation: operationText(prepared.value, null) },
  };
  const digest = proposalDigest(row, []);
  await db
    .update(proposals)
    .set({ ...row, digest })
    .where(eq(proposals.id, row.id));
  await db.update(approvals).set({ digest, subjectId: service }).where(eq(approvals.id, pending!.id));
}

describe("the walls", () => {
  /** A real allow-list whose one operation leaves a trace, under the name of what the drill proposes. */
  const ran = join(folder, "ran");
  const realWorld = (drill: Drill): Integrations => ({
    ...drill.integrations,
    allowList: parseAllowList(
      {
        operations: [
          {
            kind: "command",
            name: "roll-back",
            title: "Roll back the last deploy",
            services: ["*"],
            remedies: ["deploy_regression"],
            risk: "reversible",
            blast_radius: "a file",
            argv: ["/usr/bin/touch", ran],
          },
        ],
      },
      { secrets: {}, github: false },
    ),
    operator: realOperator({ env: {}, github: null, now: Date.now }),
  });

  test("a drill that is played with the real world's operator runs nothing", async () => {
    const drill = await Drill.fire("bad-deploy-01");
    await drill.until("awaiting_approval");
    await drill.approve();
    const runtime = freshRuntime();
    await serviceTurn({
      db: drill.db,
      integrations: realWorld(drill),
      config: serviceConfig(new Map()),
      runtime,
      clock: () => drill.now,
      wake: () => undefined,
      wakeIn: () => undefined,
    });
    await Promise.all(runtime.pending);
    expect(existsSync(ran)).toBe(false);
    expect(await listActionRunsOf(drill.db, drill.record.incident)).toEqual([]);
    await deleteDrill(drill.record.id);
  });

  test("the real operator refuses a drill's operation, and the drill's a real one", async () => {
    const drill = await Drill.fire("bad-deploy-01");
    const { allowList, operator } = realWorld(drill);
    const replayed = prepare(DRILL_OPERATIONS, "roll-back", {}, "checkout");
    const commanded = prepare(allowList, "roll-back", {}, "checkout");
    if (!replayed.ok || !commanded.ok) throw new Error("Both are on their lists");
    const how = { idempotencyKey: "act_1" };
    expect(await operator.perform(replayed.value, how)).toMatchObject({ ok: false });
    expect(await drill.integrations.operator.perform(commanded.value, how)).toMatchObject({ ok: false });
    expect(await drill.integrations.operator.dryRun(commanded.value)).toMatchObject({ ok: false });
    expect(await drill.integrations.operator.perform(replayed.value, how)).toMatchObject({ ok: true });
    expect(existsSync(ran)).toBe(false);
    await deleteDrill(drill.record.id);
  });

  test("a drill knows no real source, and its database is told from the real one", async () => {
    const { integrations, db, record } = await Drill.fire("config-01");
    expect(integrations).toMatchObject({ kubernetes: null, embedder: null, prometheus: { source: "the recording" } });
    expect(integrations.logs(real).map(({ source }) => source)).toEqual(
      integrations.logs(db).map(({ source }) => source),
    );
    expect([isDrillDb(db), isDrillDb(real)]).toEqual([true, false]);
    // What identifies the recording would tell its cause.
    const [change] = await db.select().from(changes).limit(1);
    const [alert] = await db.select().from(alerts);
    expect(JSON.stringify([change, alert])).not.toMatch(/config-01|search-empty/);
    await deleteDrill(record.id);
  });
});

describe("a drill's end", () => {
  test("comes by itself after its time, with what a crash left half made", async () => {
    const now = Date.now();
    const { record } = await Drill.fire("db-pool-02", now);
    const half = join(DRILLS, ".config-01-abc234");
    mkdirSync(half);
    utimesSync(half, new Date(now - 3_600_000), new Date(now - 3_600_000));
    expect(await deleteExpired(record.expiresAt - 1)).toEqual([]);
    expect(await findDrill(record.id, record.expiresAt)).toBeNull();
    expect(await deleteExpired(record.expiresAt)).toEqual([record.id]);
    expect(readdirSync(DRILLS)).toEqual([]);
  });

  test("a drill that cannot be laid out leaves nothing", async () => {
    const { id } = (await Drill.fire("config-02")).record;
    const about = {
      id: "broken-1",
      scenario: "config-02",
      title: "",
      service: "",
      firedBy: "",
      firedAt: 0,
      expiresAt: 1,
    };
    await expect(createDrill(about, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(readdirSync(DRILLS)).toEqual([id]);
    await deleteDrill(id);
  });

  test.each(["../sentinel.db", "", ".", "a/b", "A"])("%j names no drill", async (id) => {
    expect(await findDrill(id, Date.now())).toBeNull();
    expect(await deleteDrill(id)).toBe(false);
  });

  test("there is a limit to how many there are", async () => {
    for (let i = 0; i < 100; i++) mkdirSync(join(DRILLS, `made-${i}`));
    await expect(fireDrill("config-02", "Ada", Date.now())).rejects.toMatchObject({ code: "conflict" });
    rmSync(DRILLS, { recursive: true });
  });
});
