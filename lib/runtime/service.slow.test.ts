import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { write } from "@/lib/db/client";
import { listAlertsOfPast } from "@/lib/db/queries/alerts";
import { listActionRunsOf, listPendingApprovals, listProposalsOf } from "@/lib/db/queries/healing";
import { type Incident, listFindings, listSubjects, listTimeline } from "@/lib/db/queries/incidents";
import { findInvestigation, listCauses, listTrajectory } from "@/lib/db/queries/investigations";
import { addEdge, enterService, getService, listOpenServiceIncidents } from "@/lib/db/queries/services";
import { servicesView } from "@/lib/views/services";
import { findStory } from "@/lib/views/service-story";
import { incidents } from "@/lib/db/schema";
import { declare } from "@/lib/ingest/declare";
import { decide } from "@/lib/response/decide";
import { healNow } from "@/lib/response/heal-now";
import { newId } from "@/lib/db/ids";
import { endMaintenance, openMaintenance } from "@/lib/response/services/maintain";
import { decideOnly } from "@/lib/response/test-waiting";
import { TestEstate } from "./test-estate";
import { freshRuntime } from "./service-runtime";

const PERSON = { id: "user-1", name: "Ada" };
const MINUTE = 60_000;

let estate: TestEstate;
beforeEach(async () => {
  estate = await TestEstate.open();
});
afterEach(() => estate.end());

const all = (): Promise<Incident[]> => estate.db.select().from(incidents).orderBy(incidents.openedAt);
const only = async (): Promise<Incident> => {
  const list = await all();
  expect(list).toHaveLength(1);
  return list[0]!;
};

/** A service that is well but for its CPU, from `since` until `until`. */
function burning(service: string, since: number, until = Infinity): void {
  const level: Record<string, number> = { up: 1, cpu: 0.08, latency_p90: 0.05, errors: 0, requests: 4, memory: 8e7 };
  estate.measured.set(service, (signal, at) => {
    if (signal === "cpu" && at >= since && at < until) return 0.96;
    const usual = level[signal];
    if (usual === undefined || signal === "up") return usual ?? null;
    // Even noise without randomness.
    return usual * (1 + 0.02 * Math.sin(at / 7_919));
  });
}

const approveOnly = () => decideOnly(estate.db, "approve", PERSON, estate.now);

/** A busy CPU, alerted, investigated, with an approval that waits. */
async function untilAsked(until = Infinity): Promise<Incident> {
  burning("api", estate.now + 20 * MINUTE, until);
  await estate.pass(22);
  await estate.rest();
  const incident = await only();
  expect(incident).toMatchObject({ state: "awaiting_approval", kind: "service", causeNode: "api" });
  return incident;
}

describe("from what is measured to a verified end", () => {
  test("one incident, its cause, a consent, one command, and the metrics say that it is over", async () => {
    const cured = estate.now + 24 * MINUTE;
    const incident = await untilAsked(cured);
    const [first] = await listCauses(estate.db, incident.id);
    expect(first).toMatchObject({ node: "api", rank: 0, author: "local" });
    const ids = new Set((await listFindings(estate.db, incident.id)).map(({ id }) => id));
    expect(first!.cites.length).toBeGreaterThan(0);
    expect(first!.cites.every((id) => ids.has(id))).toBe(true);
    expect(estate.ran()).toEqual([]);

    estate.now = cured - MINUTE;
    await approveOnly();
    await estate.rest();
    expect(estate.ran()).toEqual(["api"]);
    expect(await only()).toMatchObject({ state: "verifying" });
    await estate.pass(5);
    const [run] = await listActionRunsOf(estate.db, incident.id);
    expect(run).toMatchObject({ state: "done", outcome: "recovered", by: "Ada" });
    expect(await only()).toMatchObject({ state: "resolved", healedAt: expect.any(Number) });
    expect((await getService(estate.db, "api")).incidentId).toBeNull();
    const story = await findStory(estate.db, incident.id);
    expect(story?.postmortem).toContain("# Post-mortem (draft)");
    expect(story?.postmortem).not.toMatch(/\bfixed\b|caused by/i);
    expect(story?.times.to_proposal_ms).toBeLessThan(10_000);
    expect(estate.ran()).toEqual(["api"]);
  });

  test("a command that does not help is no success, whatever its exit code; what was tried is not offered again", async () => {
    const incident = await untilAsked();
    await approveOnly();
    await estate.rest();
    await estate.pass(12);
    const [run, ...more] = await listActionRunsOf(estate.db, incident.id);
    expect(more).toEqual([]);
    expect(run).toMatchObject({ state: "done", outcome: "no_effect", result: expect.objectContaining({ code: 0 }) });
    expect(await only()).toMatchObject({ state: "escalated" });
  });

  test("a service that answers nothing is down, however little is known of it", async () => {
    const start = estate.now;
    estate.measured.set("api", (signal, at) => {
      if (at < start) return null;
      const usual = { up: 1, cpu: 0.08, latency_p90: 0.05, errors: 0, requests: 4, memory: 8e7 };
      if (at < start + MINUTE) return usual[signal as keyof typeof usual] ?? null;
      return signal === "up" ? 0 : null;
    });
    await estate.pass(2);
    await estate.rest();
    const incident = await only();
    const [first] = await listCauses(estate.db, incident.id);
    expect(first).toMatchObject({ node: "api", kind: expect.stringMatching(/crash|silent/) });
    expect(incident.state).toBe("awaiting_approval");
  });

  test("how it was during an earlier incident is not what it has to return to", async () => {
    const start = estate.now;
    const minute = (at: number) => (at - start) / MINUTE;
    // Slow, and idle for that, from minute 10 to 40; too busy from minute 46 until it was restarted.
    let restarted = Infinity;
    estate.measured.set("api", (signal, at) => {
      const slow = minute(at) >= 10 && minute(at) < 40;
      const busy = minute(at) >= 46 && at < restarted;
      const usual = {
        up: 1,
        cpu: busy ? 0.96 : slow ? 0.01 : 0.3,
        latency_p90: slow ? 5 : 0.05,
        errors: 0,
        requests: 4,
        memory: 8e7,
      };
      return at < start ? null : (usual[signal as keyof typeof usual] ?? null);
    });
    await estate.pass(44);
    expect(await only()).toMatchObject({ state: "resolved" });
    await estate.pass(5);
    await approveOnly();
    await estate.rest();
    restarted = estate.now;
    await estate.pass(5);
    const [, second] = await all();
    expect(await listActionRunsOf(estate.db, second!.id)).toMatchObject([{ outcome: "recovered" }]);
    expect(second).toMatchObject({ state: "resolved" });
  });

  test("what ends by itself after an operation says that one was carried out", async () => {
    const over = estate.now + 40 * MINUTE;
    const incident = await untilAsked(over);
    await approveOnly();
    await estate.pass(12);
    expect(await only()).toMatchObject({ state: "escalated" });
    await estate.pass(10);
    const outcome = "carried out before: restart (no effect)";
    expect(await only()).toMatchObject({ state: "resolved", outcome: expect.stringContaining(outcome) });
    expect((await findStory(estate.db, incident.id))?.postmortem).toContain(outcome);
  });

  test("its effect is measured when there is something new, however often a turn comes", async () => {
    await untilAsked();
    await approveOnly();
    await estate.rest();
    estate.now += MINUTE;
    await estate.rest();
    const asked = estate.windows;
    for (let turn = 0; turn < 20; turn++) {
      estate.now += 100;
      await estate.turn();
    }
    expect(estate.windows).toBe(asked);
    estate.now += 15_000;
    await estate.turn();
    expect(estate.windows).toBeGreaterThan(asked);
  });

  test("nothing measured afterwards can tell nothing", async () => {
    const incident = await untilAsked();
    await approveOnly();
    await estate.rest();
    estate.blind = true;
    await estate.pass(12);
    expect((await listActionRunsOf(estate.db, incident.id))[0]).toMatchObject({
      outcome: "cannot_tell",
      verification: { reason: expect.stringContaining("could not be read: connection refused") },
    });
    expect((await all())[0]).toMatchObject({ state: expect.not.stringMatching("resolved") });
  });

  test("no data is unknown, and after a while an incident; it ends when there is data again", async () => {
    burning("api", Infinity);
    await estate.pass(3);
    expect(await getService(estate.db, "api")).toMatchObject({ state: "healthy" });
    const measure = estate.measured.get("api")!;
    estate.measured.set("api", () => null);
    await estate.pass(2);
    expect(await getService(estate.db, "api")).toMatchObject({ state: "unknown" });
    expect(await all()).toEqual([]);
    await estate.pass(5);
    expect((await only()).title).toContain("No metrics arrived from api");
    estate.measured.set("api", measure);
    await estate.pass(2);
    expect(await only()).toMatchObject({ state: "resolved", healedAt: null });
  });

  test("a source that cannot be read says nothing about services, and is one incident of its own", async () => {
    burning("api", Infinity);
    burning("shop", Infinity);
    await estate.pass(3);
    estate.blind = true;
    await estate.pass(4);
    // As it was last seen, with the reason why nothing newer is known.
    expect(await getService(estate.db, "api")).toMatchObject({ state: "healthy" });
    const view = await servicesView(estate.db, true);
    expect(view.sources.unread).toMatchObject([{ source: "prometheus", reason: "connection refused" }]);
    expect(new Set(view.services.flatMap(({ signals }) => signals.map(({ problem }) => problem)))).toEqual(
      new Set(["connection refused"]),
    );
    await estate.pass(4);
    expect((await only()).title).toMatch(/prometheus could not be read for 5 min: connection refused/);
    expect(await getService(estate.db, "api")).toMatchObject({ state: "unknown" });
    estate.blind = false;
    await estate.pass(1);
    expect(await only()).toMatchObject({ state: "resolved" });
    expect(await getService(estate.db, "api")).toMatchObject({ state: "healthy" });
    expect((await servicesView(estate.db, true)).sources.unread).toEqual([]);
  });
});

describe("alerts", () => {
  test("repeats are counted and open nothing; an end is written; what comes back is a new incident that links to the old", async () => {
    const at = estate.now;
    await estate.alert([{ name: "Slow", service: "api", at }]);
    for (let i = 0; i < 40; i++) await estate.alert([{ name: "Slow", service: "api", at }]);
    const first = await only();
    await estate.rest();
    estate.now += MINUTE;
    await estate.alert([{ name: "Slow", service: "api", at, status: "resolved" }]);
    await estate.rest();
    expect(await only()).toMatchObject({ id: first.id, state: "resolved" });
    // A late repeat of what is over says nothing new, and nor does its end that is delivered again.
    const { stateVersion } = await getService(estate.db, "api");
    await estate.alert([{ name: "Slow", service: "api", at }]);
    await estate.alert([{ name: "Slow", service: "api", at, status: "resolved" }]);
    expect(await getService(estate.db, "api")).toMatchObject({ stateVersion });
    expect(await only()).toMatchObject({ id: first.id });
    estate.now += MINUTE;
    await estate.alert([{ name: "Slow", service: "api", at: estate.now }]);
    const list = await all();
    expect(list.map(({ previousIncidentId }) => previousIncidentId)).toEqual([null, first.id]);
    // Once, however often it fired: what is usual is told by incidents.
    expect(await listAlertsOfPast(estate.db, list[1]!, 10)).toEqual([[{ node: "api", name: "Slow" }]]);
    expect(await listAlertsOfPast(estate.db, list[1]!, 0)).toEqual([]);
    expect(await listAlertsOfPast(estate.db, first, 10)).toEqual([]);
  });

  test("a storm of 1,000 alerts of 50 services from one failed dependency is one incident and one investigation", async () => {
    const { db, now } = estate;
    const services = Array.from({ length: 50 }, (_, i) => `service-${i}`);
    await write(
      db,
      [...services, "ledger-db"].map((id) => enterService(db, id, "seed", now)),
    );
    await write(
      db,
      services.map((id) => addEdge(id, "ledger-db", "seed", now)),
    );
    const began = performance.now();
    const alerts = services.flatMap((service) =>
      Array.from({ length: 20 }, (_, i) => ({ name: `Rule${i}`, service, at: now - i * 1_000 })),
    );
    for (let i = 0; i < alerts.length; i += 200) await estate.alert(alerts.slice(i, i + 200));
    await estate.rest();
    const ms = performance.now() - began;
    const open = await listOpenServiceIncidents(db);
    expect(open).toHaveLength(1);
    const subjects = await listSubjects(db, open[0]!.id);
    expect(subjects.find(({ role }) => role === "primary")?.subjectId).toBe("ledger-db");
    expect(subjects).toHaveLength(51);
    expect((await db.$client.execute("SELECT count(*) AS n FROM investigations")).rows[0]!["n"]).toBe(1);
    const causes = await listCauses(db, open[0]!.id);
    expect(causes.slice(0, 3).map(({ node }) => node)).toContain("ledger-db");
    process.stdout.write(`storm of 1,000 alerts: ${Math.round(ms)} ms to the investigation's end\n`);
  });

  test("a maintenance window mutes opening, not recording, and recovers by itself", async () => {
    await openMaintenance(
      estate.db,
      { service: "api*", labels: {}, ends_at: new Date(estate.now + 10 * MINUTE).toISOString() },
      PERSON,
      estate.now,
    );
    expect(await estate.alert([{ name: "Slow", service: "api-eu" }])).toMatchObject({ muted: 1, opened: [] });
    await estate.rest();
    expect(await all()).toEqual([]);
    estate.now += 11 * MINUTE;
    await estate.rest();
    expect((await only()).title).toContain("Slow on api-eu");
  });

  test("a window that is ended by hand lets what still fires through", async () => {
    const body = { service: "*", labels: {}, ends_at: new Date(estate.now + 60 * MINUTE).toISOString() };
    const { id } = await openMaintenance(estate.db, body, PERSON, estate.now);
    await estate.alert([{ name: "Slow", service: "api" }]);
    await endMaintenance(estate.db, id, PERSON, estate.now);
    await estate.rest();
    expect((await only()).title).toContain("Slow on api");
  });
});

describe("consent", () => {
  test("is void when the service moved: a deploy was announced", async () => {
    const incident = await untilAsked();
    const [approval] = await listPendingApprovals(estate.db);
    await declare(
      estate.db,
      { subject_kind: "service", subject_id: "api", kind: "deploy", to: "2.0" },
      "ci",
      estate.now,
    );
    const decision = { decision: "approve" as const, digest: approval!.digest, evidenceOpened: true };
    await expect(decide(estate.db, approval!.id, decision, PERSON, estate.now)).rejects.toThrow(
      /Void: api has changed to degraded since/,
    );
    expect(estate.ran()).toEqual([]);
    await estate.rest();
    expect((await listProposalsOf(estate.db, incident.id)).map(({ state }) => state)).toEqual(["void", "pending"]);
  });

  test("is for exactly what was shown: an allow-list that changed meanwhile runs nothing", async () => {
    const incident = await untilAsked();
    const [proposal] = await listProposalsOf(estate.db, incident.id);
    expect(proposal!.considered!.operation!.runs.at(-1)).toBe("api");
    estate.says = "something-else";
    await approveOnly();
    await estate.rest();
    expect(estate.ran()).toEqual([]);
    expect((await listProposalsOf(estate.db, incident.id)).map(({ state }) => state)).toEqual(["void", "pending"]);
  });

  test.each([
    ["at a moment that is stated", { at: new Date(Date.UTC(2026, 4, 20, 12)).toISOString() }],
    ["without one", {}],
  ])("stands when an announcement only comes again, %s", async (_, more) => {
    const change = {
      subject_kind: "service",
      subject_id: "api",
      kind: "deploy",
      from: "1.0",
      to: "2.0",
      ...more,
    } as const;
    const first = await declare(estate.db, change, "ci", estate.now);
    await untilAsked();
    // Minutes after the newest of the service, a retry; or the same moment, however late.
    const again = "at" in more ? change : { ...change, to: "2.1" };
    const then = "at" in more ? first : await declare(estate.db, again, "ci", estate.now);
    await estate.rest();
    const version = async () => (await getService(estate.db, "api")).stateVersion;
    const before = await version();
    expect(await declare(estate.db, again, "ci", estate.now + MINUTE)).toEqual(then);
    expect(await version()).toBe(before);
    expect((await listPendingApprovals(estate.db)).length).toBe(1);

    // Another sender, another version, and a version that is taken up again are changes of their own.
    for (const [other, by] of [
      [again, "Ada"],
      [{ ...again, from: "2.1", to: "1.0" }, "ci"],
      [{ ...again, note: "again" }, "ci"],
    ] as const)
      expect((await declare(estate.db, other, by, estate.now + MINUTE)).id).not.toBe(then.id);
    expect(await version()).toBe(before + 3);
  });

  test("a rejection leaves it waiting until somebody heals it now", async () => {
    const incident = await untilAsked();
    await decideOnly(estate.db, "reject", PERSON, estate.now);
    await estate.rest();
    expect(await only()).toMatchObject({ state: "rejected" });
    expect(estate.ran()).toEqual([]);
    await healNow(estate.db, incident.id, PERSON, estate.now);
    await estate.rest();
    expect(estate.ran()).toEqual(["api"]);
  });

  test("does nothing while the global stop is on", async () => {
    await write(estate.db, [
      {
        sql: "INSERT INTO settings (key, value, updated_at) VALUES ('fleet', ?, 0)",
        args: [JSON.stringify({ global_stop: true })],
      },
    ]);
    burning("api", estate.now + MINUTE);
    await estate.pass(4);
    expect(await only()).toMatchObject({ state: "escalated" });
    expect(await listPendingApprovals(estate.db)).toEqual([]);
  });
});

describe("after a crash", () => {
  test("an investigation is taken up by whoever sweeps next, and what was read is not read again", async () => {
    await estate.alert([{ name: "Slow", service: "api" }]);
    const incident = await only();
    // As a process leaves it that dies in the middle: begun, something read, nobody at it.
    await write(estate.db, [
      { sql: "UPDATE incidents SET state = 'investigating', state_version = 1 WHERE id = ?", args: [incident.id] },
      {
        sql: "INSERT INTO investigations (id, incident_id, state, owner, lease_until, attempt, started_at) VALUES (?, ?, 'running', 'gone', ?, 1, ?)",
        args: [newId("inv"), incident.id, estate.now + 30_000, estate.now],
      },
    ]);
    estate.runtime = freshRuntime();
    await estate.rest();
    expect(await findInvestigation(estate.db, incident.id)).toMatchObject({ state: "running", owner: "gone" });
    estate.now += 31_000;
    await estate.rest();
    const done = await findInvestigation(estate.db, incident.id);
    expect(done).toMatchObject({ state: "done", attempt: 2 });
    expect((await listTrajectory(estate.db, done!.id)).length).toBeGreaterThan(5);
  });

  test.each([1, 3])(
    "what somebody dismissed meanwhile is not taken up, and holds up nobody (attempt %i)",
    async (attempt) => {
      await estate.alert([{ name: "Slow", service: "api" }]);
      const old = await only();
      await write(estate.db, [
        { sql: "UPDATE incidents SET state = 'dismissed', closed_at = ? WHERE id = ?", args: [estate.now, old.id] },
        {
          sql: "INSERT INTO investigations (id, incident_id, state, owner, lease_until, attempt, started_at) VALUES (?, ?, 'running', 'gone', ?, ?, ?)",
          args: [newId("inv"), old.id, estate.now - 1, attempt, estate.now],
        },
      ]);
      await estate.alert([{ name: "Down", service: "store" }]);
      expect(await estate.turn()).toMatchObject({ failed: [] });
      await estate.rest();
      expect(await findInvestigation(estate.db, old.id)).toMatchObject({
        state: "failed",
        cutShort: 'the incident moved to "dismissed" before the investigation finished',
      });
      const [, fresh] = await all();
      expect(await findInvestigation(estate.db, fresh!.id)).toMatchObject({ state: "done" });
    },
  );

  test("what is dismissed while it is looked at stays dismissed, and its investigation ends", async () => {
    await estate.alert([{ name: "Slow", service: "api" }]);
    const incident = await only();
    // As if somebody did so the moment it begins.
    const sql = `CREATE TRIGGER dismiss AFTER INSERT ON investigations BEGIN UPDATE incidents
      SET state = 'dismissed', closed_at = 1, state_version = state_version + 1 WHERE id = NEW.incident_id; END`;
    await write(estate.db, [{ sql, args: [] }]);
    expect(await estate.turn()).toMatchObject({ begun: 1, failed: [] });
    expect(await only()).toMatchObject({ state: "dismissed" });
    expect(await findInvestigation(estate.db, incident.id)).toMatchObject({ state: "failed" });
  });

  test("an operation that never reported is measured, and never run again", async () => {
    const incident = await untilAsked();
    await approveOnly();
    const [proposal] = await listProposalsOf(estate.db, incident.id);
    // As a process leaves it that dies while its command runs.
    await write(estate.db, [
      { sql: "UPDATE proposals SET state = 'executed' WHERE id = ?", args: [proposal!.id] },
      {
        sql: "UPDATE incidents SET state = 'acting', state_version = state_version + 1 WHERE id = ?",
        args: [incident.id],
      },
      {
        sql: `INSERT INTO action_runs (id, idempotency_key, proposal_id, incident_id, subject_kind, subject_id, action, args, by, why, state, started_at)
              VALUES ('act_cut', ?, ?, ?, 'service', 'api', 'run_command', '{"entry":"restart"}', 'Ada', 'why', 'started', ?)`,
        args: [proposal!.id, proposal!.id, incident.id, estate.now],
      },
    ]);
    burning("api", estate.now - 5 * MINUTE, estate.now + MINUTE);
    await estate.pass(20);
    expect((await listActionRunsOf(estate.db, incident.id))[0]).toMatchObject({
      state: "cannot_tell",
      outcome: "recovered",
    });
    expect(estate.ran()).toEqual([]);
    expect((await listTimeline(estate.db, incident.id)).map(({ type }) => type)).toContain("action.cut_off");
  });

  test("two processes that sweep at once carry an operation out once", async () => {
    await untilAsked();
    await approveOnly();
    const mine = estate.runtime;
    const turns = [estate.turn()];
    estate.runtime = freshRuntime();
    turns.push(estate.turn());
    await Promise.all(turns);
    await Promise.all([...mine.pending, ...estate.runtime.pending]);
    await estate.rest();
    expect(estate.ran()).toEqual(["api"]);
  });
});
