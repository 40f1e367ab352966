import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Db } from "@/lib/db/client";
import { getAgent } from "@/lib/db/queries/agents";
import { findEpisode } from "@/lib/db/queries/episodes";
import { getIncident } from "@/lib/db/queries/incidents";
import { findPostmortem, listAllCauses } from "@/lib/db/queries/investigations";
import { getService } from "@/lib/db/queries/services";
import { actionRow, incidentRow, insert, NOW, openTestDb, proposalRow } from "@/lib/db/queries/test-world";
import { commandIncident } from "./command-incident";
import {
  ANA,
  BO,
  doneOf,
  OPEN,
  proposalsOf,
  refusalOf,
  runsOf,
  standing,
  toldOf,
  type Waiting,
  waiting,
} from "./test-waiting";

let db: Db;
let shut: () => Promise<void>;
beforeAll(async () => ({ db, close: shut } = await openTestDb()));
afterAll(() => shut());

type Command = Parameters<typeof commandIncident>[2];
const ask = (command: Command, of: Waiting, comment?: string, by = ANA) =>
  commandIncident(db, of.incident, command, comment, by, NOW);

const CLOSED = { incident: { state: "resolved", closedAt: NOW - 1 } } as const;
/** An action whose effect is being measured. */
async function underway(of: Waiting): Promise<void> {
  const run = actionRow(`r-${of.incident}`, proposalRow(of.proposal, of.incident, of.agent), { outcome: "pending" });
  await insert(db, "actionRuns", [run]);
}
/** The same incident as one of a service. */
async function asService(of: Waiting): Promise<string> {
  const service = `service-${of.incident}`;
  await insert(db, "services", [
    {
      id: service,
      stateSince: NOW,
      source: "alert",
      stateVersion: 3,
      incidentId: of.incident,
      firstSeenAt: NOW,
      lastSeenAt: NOW,
    },
  ]);
  await insert(db, "incidentSubjects", [
    { incidentId: of.incident, subjectKind: "service", subjectId: service, role: "primary" },
  ]);
  return service;
}

describe("dismiss, accept as normal", () => {
  test.each((["dismiss", "accept"] as const).flatMap((command) => OPEN.map((state) => [command, state] as const)))(
    "%s one that is %s: it closes, and its agent runs",
    async (command, state) => {
      const of = await waiting(db, { incident: { state } });
      await ask(command, of, "known load test");
      const outcome = command === "accept" ? "accepted as normal by Ana" : "dismissed by Ana";
      expect(await getIncident(db, of.incident)).toMatchObject({
        state: "dismissed",
        closedAt: NOW,
        healedAt: null,
        outcome,
      });
      expect(await standing(db, of)).toMatchObject({ proposal: "void", approval: "void" });
      expect(await getAgent(db, of.agent)).toMatchObject({ state: "healthy", incidentId: null, directiveVersion: 1 });
      expect((await toldOf(db, of)).toSorted()).toEqual(["agent.directed", "incident.dismissed"]);
    },
  );

  test("it leaves a post-mortem and an episode", async () => {
    const of = await waiting(db);
    await ask("dismiss", of);
    expect(await findPostmortem(db, of.incident)).toContain(of.agent);
    expect(await findEpisode(db, of.incident)).toMatchObject({
      subjectKind: "agent",
      subjectId: of.agent,
      outcome: "cannot_tell",
      action: null,
      closedAt: NOW,
    });
  });

  test("a containment limit leaves no episode: nothing happened to anybody", async () => {
    const of = await waiting(db, { incident: { kind: "limit" } });
    await ask("dismiss", of);
    expect(await findPostmortem(db, of.incident)).not.toBeNull();
    expect(await findEpisode(db, of.incident)).toBeNull();
  });

  test("an agent that another incident holds by now stays held", async () => {
    const of = await waiting(db, { agent: { incidentId: "inc-other" } });
    await insert(db, "incidents", [incidentRow("inc-other")]);
    await ask("dismiss", of);
    expect(await getAgent(db, of.agent)).toMatchObject({ state: "quarantined", incidentId: "inc-other" });
  });

  test("a service is let go, and keeps its state", async () => {
    const of = await waiting(db, { incident: { kind: "service" } });
    const service = await asService(of);
    await ask("dismiss", of, "planned");
    expect(await getService(db, service)).toMatchObject({ incidentId: null, state: "unknown" });
    expect((await getIncident(db, of.incident)).outcome).toBe("dismissed by Ana: planned");
  });

  test("refused: one that is closed", async () => {
    const of = await waiting(db, CLOSED);
    expect(await refusalOf(ask("dismiss", of))).toBe("conflict: The incident is already resolved");
    expect(await findPostmortem(db, of.incident)).toBeNull();
  });

  test("ten at once: it ends once", async () => {
    const of = await waiting(db);
    const asked = Array.from({ length: 10 }, (_, i) =>
      ask(i % 2 === 0 ? "dismiss" : "accept", of, undefined, i < 5 ? ANA : BO),
    );
    expect(await doneOf(asked)).toBe(1);
    expect((await toldOf(db, of)).filter((type) => type === "incident.dismissed")).toHaveLength(1);
  });
});

describe("investigate again", () => {
  const cause = (of: Waiting) => ({
    id: `cause-${of.incident}`,
    incidentId: of.incident,
    rank: 0,
    kind: "unknown" as const,
    statement: "nothing stands out",
    confidence: 0.2,
    cites: [],
    author: "rules",
    at: NOW,
  });

  test.each(["investigating", "awaiting_approval", "rejected", "escalated"] as const)(
    "one that is %s",
    async (state) => {
      const of = await waiting(db, { incident: { state } });
      await insert(db, "causes", [cause(of)]);
      await ask("investigate", of, "the provider had an outage");
      expect(await standing(db, of)).toEqual({ incident: "investigating", proposal: "void", approval: "void" });
      // An incident of agents without causes is what the loop investigates.
      expect(await listAllCauses(db, of.incident)).toEqual([]);
      expect(await toldOf(db, of)).toEqual(["investigation.requested"]);
    },
  );

  test.each<[what: string, Parameters<typeof waiting>[1], refusal: RegExp]>([
    [
      "one that nobody has looked at yet",
      { incident: { state: "open" } },
      /^conflict: The incident is already being investigated/,
    ],
    ["a containment limit", { incident: { kind: "limit" } }, /^conflict: A containment limit has no cause/],
    ["one that is closed", CLOSED, /^conflict: The incident is already resolved/],
  ])("refused: %s", async (_what, of, refusal) => {
    const asked = await waiting(db, of);
    const before = await standing(db, asked);
    expect(await refusalOf(ask("investigate", asked))).toMatch(refusal);
    expect(await standing(db, asked)).toEqual(before);
  });

  test("refused while an action is measured", async () => {
    const of = await waiting(db, { incident: { state: "verifying" } });
    await underway(of);
    expect(await refusalOf(ask("investigate", of))).toMatch(/An action is already in progress/);
  });
});

describe("record what was done by hand", () => {
  test("of an agent: approved by who did it, and measured once the agent runs again", async () => {
    const of = await waiting(db);
    await ask("by_hand", of, "cleared its cache");
    const [before, manual] = await proposalsOf(db, of);
    expect(before).toMatchObject({ state: "void" });
    expect(manual).toMatchObject({ action: "manual", state: "approved", args: { entry: "cleared its cache" } });
    expect(await runsOf(db, of)).toEqual([]);
    expect((await getIncident(db, of.incident)).state).toBe("acting");
  });

  test("of a service: it has been done, and is measured from now on", async () => {
    const of = await waiting(db, { incident: { kind: "service", state: "escalated" } });
    // Who is named first leads it.
    await db.$client.execute({ sql: "DELETE FROM incident_subjects WHERE subject_id = ?", args: [of.agent] });
    const service = await asService(of);
    await ask("by_hand", of, "failed over to the standby");
    const [run, ...more] = await runsOf(db, of);
    expect(run).toMatchObject({ action: "manual", subjectId: service, state: "done", outcome: "pending", by: "Ana" });
    expect(more).toEqual([]);
    expect((await getIncident(db, of.incident)).state).toBe("verifying");
  });

  test.each<[what: string, Parameters<typeof waiting>[1], comment: string | undefined, refusal: RegExp]>([
    ["without words", {}, undefined, /^invalid: comment must say what was done/],
    ["one that is closed", CLOSED, "done", /^conflict: The incident is already resolved/],
    ["a cause that agents share", { incident: { kind: "external" } }, "done", /^conflict: Several agents share/],
  ])("refused: %s", async (_what, of, comment, refusal) => {
    const asked = await waiting(db, of);
    expect(await refusalOf(ask("by_hand", asked, comment))).toMatch(refusal);
    expect(await proposalsOf(db, asked)).toHaveLength(1);
  });

  test("two people at once: one deed is measured, the other is told that an action is in progress", async () => {
    const of = await waiting(db, { incident: { kind: "service", state: "escalated" } });
    await db.$client.execute({ sql: "DELETE FROM incident_subjects WHERE subject_id = ?", args: [of.agent] });
    await asService(of);
    expect(await doneOf([ask("by_hand", of, "restarted it"), ask("by_hand", of, "restarted it, too", BO)])).toBe(1);
    expect(await runsOf(db, of)).toHaveLength(1);
  });
});

describe("allow holds beyond the limit", () => {
  test("as many as agents wait; once", async () => {
    const of = await waiting(db, { incident: { kind: "limit", state: "escalated" }, agent: { state: "suspected" } });
    await ask("allow", of);
    expect((await getIncident(db, of.incident)).holdsAllowed).toBe(1);
    expect(await refusalOf(ask("allow", of))).toMatch(/has already been allowed/);
  });

  test.each<[what: string, Parameters<typeof waiting>[1], refusal: RegExp]>([
    ["an incident that is no limit", {}, /No containment limit was reached/],
    ["a limit that is closed", { incident: { kind: "limit", state: "dismissed", closedAt: NOW } }, /already dismissed/],
    ["a limit at which nobody waits", { incident: { kind: "limit", state: "escalated" } }, /has already been allowed/],
  ])("refused: %s", async (_what, of, refusal) => {
    expect(await refusalOf(ask("allow", await waiting(db, of)))).toMatch(refusal);
  });
});
