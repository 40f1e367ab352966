import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type IngestKey, verifyKey } from "@/lib/auth/keys";
import type { Db } from "@/lib/db/client";
import { findDirective, getAgent } from "@/lib/db/queries/agents";
import { listActionRunsOf, listPendingApprovals } from "@/lib/db/queries/healing";
import { getIncident } from "@/lib/db/queries/incidents";
import { getService } from "@/lib/db/queries/services";
import { listRunbooks } from "@/lib/views/services";
import { findStory } from "@/lib/views/service-story";
import { similarEpisodes } from "@/lib/evidence/episodes";
import { searchRunbooks } from "@/lib/evidence/runbooks";
import { commandAgent } from "@/lib/response/agents/command";
import { commandIncident } from "@/lib/response/command-incident";
import { decide } from "@/lib/response/decide";
import { burning, LETTERS, RESTART } from "./fixture-services";
import { endMaintenance } from "@/lib/response/services/maintain";
import { TestEstate } from "./test-estate";
import { type Fault, PERSON, TestFleet } from "./test-fleet";
import { agentsAt, openOldDatabase, secrets, servicesAt } from "./test-old-database";

/* What was under way in a database of an earlier version (see old-database.int.test.ts) goes on with today's code. */

const MINUTE = 60_000;

let old: Awaited<ReturnType<typeof openOldDatabase>>;
let db: Db;
beforeEach(async () => {
  old = await openOldDatabase();
  db = old.db;
});
afterEach(() => old.close());

const flood: Fault = (event) => ({ ...event, token_count: event.token_count! * 100, cost: event.cost! * 100 });

describe("agents go on", () => {
  const AGENTS = [
    "r-1",
    "r-2",
    "r-3",
    "r-4",
    "r-5",
    "r-6",
    "w-1",
    "w-2",
    "w-3",
    "s-1",
    "s-2",
    "s-3",
    "d-1",
    "d-2",
    "d-3",
  ];
  let fleet: TestFleet;
  beforeEach(async () => {
    const key: IngestKey = (await verifyKey(db, secrets.keys.fleet, agentsAt))!;
    fleet = await TestFleet.open({}, Promise.resolve({ db, url: "", close: () => Promise.resolve() }), key);
    fleet.now = agentsAt;
    const call = fleet.call.bind(fleet);
    let sent = 2_000_000;
    // Those that were ill and are not held are so still: who gets well of itself is no proof of another's cure.
    for (const id of ["w-2", "d-1"]) fleet.faults.set(id, flood);
    fleet.call = (id, more) => call(id, { agent_type: undefined, sequence: sent++, ...more });
  });
  const becomes = async (id: string, state: string, max = 120) => {
    await fleet.until(AGENTS, async () => (await fleet.state(id)) === state, max);
    expect(await fleet.state(id)).toBe(state);
  };
  const incidentOf = async (id: string) => (await getAgent(db, id)).incidentId!;

  test("a pending approval is decided, carried out and measured", async () => {
    const incident = await incidentOf("r-1");
    const [approval] = await listPendingApprovals(db, incident);
    const decision = { decision: "approve" as const, digest: approval!.digest, evidenceOpened: true };
    await decide(db, approval!.id, decision, PERSON, fleet.now);
    await becomes("r-1", "healthy");
    expect(await listActionRunsOf(db, incident)).toMatchObject([{ state: "done", outcome: "recovered", by: "Ada" }]);
    expect(await getIncident(db, incident)).toMatchObject({ state: "resolved" });
  });

  test("a cure that was being measured is judged", async () => {
    const incident = await incidentOf("r-2");
    await fleet.until(AGENTS, async () => (await listActionRunsOf(db, incident))[0]!.outcome !== "pending", 120);
    expect((await listActionRunsOf(db, incident))[0]).toMatchObject({
      action: "reset_memory",
      judgedAt: expect.any(Number),
    });
  });

  test("holds stay until a person lifts them, and what was rejected is healed when asked", async () => {
    await fleet.ticks(AGENTS, 10);
    for (const id of ["r-3", "r-5", "w-3"]) expect((await findDirective(db, id))!.status).toBe("quarantined");
    await commandAgent(db, "r-5", "release", "audited", PERSON, fleet.now);
    await commandAgent(db, "w-3", "release", "looked at it", PERSON, fleet.now);
    await commandAgent(db, "d-3", "resume", undefined, PERSON, fleet.now);
    for (const id of ["r-5", "w-3", "d-3"]) {
      expect((await findDirective(db, id))!.status).toBe("run");
      expect(await getAgent(db, id)).toMatchObject({ state: "healthy", incidentId: null, paused: false });
    }
    await commandAgent(db, "r-3", "heal", undefined, PERSON, fleet.now);
    await becomes("r-3", "healthy");
  });

  test("what waits for room is held when a person allows it; a restriction stays until it is lifted", async () => {
    const limit = (await db.query.incidents.findFirst({ where: (i, { eq }) => eq(i.kind, "limit") }))!;
    expect((await findDirective(db, "w-2"))!.autonomy.level).toBe("reduced");
    await commandIncident(db, limit.id, "allow", "go on", PERSON, fleet.now);
    await becomes("w-2", "quarantined", 20);
    expect((await findDirective(db, "w-2"))!.autonomy.level).toBe("reduced");
  });

  test("a shared cause ends when those who shared it are well, and the baselines still know a runaway", async () => {
    await becomes("r-6", "healthy", 200);
    const external = await db.query.incidents.findFirst({ where: (i, { eq }) => eq(i.kind, "external") });
    await fleet.until(AGENTS, async () => (await getIncident(db, external!.id)).state === "resolved", 200);
    fleet.faults.set("s-1", flood);
    await becomes("s-1", "suspected", 10);
    expect((await getAgent(db, "s-1")).incidentId).not.toBeNull();
  });

  test("what a host asked is still asked; an answered request is not counted twice", async () => {
    expect((await getAgent(db, "s-2")).downgrade).toMatchObject({ enforcement: false });
    await commandAgent(db, "s-2", "refuse_downgrade", undefined, PERSON, fleet.now);
    expect(await getAgent(db, "s-2")).toMatchObject({ downgrade: null, enforcement: true });
    const run = { agent_id: "r-6", instance_id: "r-6-1", run_id: "r-6-said" };
    await expect(fleet.sendOnce([{ ...run, kind: "heartbeat" }], "fixture-1")).rejects.toMatchObject({
      code: "conflict",
    });
    const stored = (await db.query.runs.findFirst({ where: (r, { eq }) => eq(r.runId, "r-6-said") }))!;
    expect(stored).toMatchObject({ outcome: "completed", label: "solved", score: 1 });
  });
});

describe("services go on", () => {
  let estate: TestEstate;
  beforeEach(async () => {
    estate = await TestEstate.open({ db, close: () => Promise.resolve() });
    estate.now = servicesAt;
    estate.argv = RESTART;
  });
  afterEach(() => estate.end());
  const incidentOf = async (service: string) =>
    (await db.query.incidents.findMany()).find(({ title }) => title.startsWith(`${service}:`))!;

  test("a pending operation is approved, carried out as it was shown, and measured", async () => {
    burning(estate, "api", servicesAt - 10 * MINUTE, servicesAt + MINUTE);
    const { id } = await incidentOf("api");
    const [approval] = await listPendingApprovals(db, id);
    const decision = { decision: "approve" as const, digest: approval!.digest, evidenceOpened: true };
    await decide(db, approval!.id, decision, PERSON, estate.now);
    await estate.rest();
    const [run] = await listActionRunsOf(db, id);
    expect(run).toMatchObject({ state: "done", result: { code: 0, stdout: "restart api\n" } });
    await estate.pass(8);
    expect((await listActionRunsOf(db, id))[0]).toMatchObject({ outcome: "recovered" });
    expect(await getIncident(db, id)).toMatchObject({ state: "resolved" });
    expect((await findStory(db, id))!.postmortem).toContain("# Post-mortem (draft)");
  });

  test("an incident is dismissed, one ends by its alerts, a window ends and lets through what it muted", async () => {
    const { id } = await incidentOf("ledger");
    await commandIncident(db, id, "dismiss", "retired", PERSON, estate.now);
    expect(await getIncident(db, id)).toMatchObject({ state: "dismissed" });
    expect((await getService(db, "ledger")).incidentId).toBeNull();
    const window = (await db.query.maintenanceWindows.findFirst())!;
    await endMaintenance(db, window.id, PERSON, estate.now);
    await estate.rest();
    expect((await incidentOf("batch-1")).state).not.toBe("resolved");
    expect((await getService(db, "orders@staging")).scope).toEqual({ environment: "staging" });
  });

  test("what was learned is found: episodes by words and by meaning, runbooks, the stories of old incidents", async () => {
    const query = { text: "CPU over its limit", service: "shop", features: { service: "shop" } };
    for (const embedder of [undefined, LETTERS]) {
      const similar = await similarEpisodes(db, query, embedder);
      expect(similar).toMatchObject({
        ok: true,
        value: [{ node: "shop", action: "restart", outcome: "recovered" }, {}],
      });
    }
    const { id } = await incidentOf("shop");
    const story = (await findStory(db, id))!;
    expect(story.postmortem).toContain("back in band");
    expect(story.causes[0]).toMatchObject({ node: "shop", feedback: 1 });
    expect(await listRunbooks(db)).toHaveLength(8);
    expect(await searchRunbooks(db, { query: "connection pool exhausted" })).toMatchObject({ ok: true });
    expect((await db.query.changes.findMany()).filter(({ source }) => source === "github")).toMatchObject([
      { subjectId: "web", kind: "deploy", to: "b".repeat(40) },
    ]);
    expect(await db.query.logLines.findMany()).toMatchObject([{ node: "pay-1", line: "connection to ledger refused" }]);
    expect(await db.query.unreadSources.findMany()).toMatchObject([{ source: "loki", reason: "401 no org id" }]);
  });
});
