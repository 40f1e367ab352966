import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentEvent } from "@/lib/contracts/event";
import { openDb, write } from "@/lib/db/client";
import { getAgent } from "@/lib/db/queries/agents";
import { type BudgetRow, listHeldStates, listStates } from "@/lib/db/queries/budgets";
import { getIncident, listSubjects, listTimeline } from "@/lib/db/queries/incidents";
import { incidents } from "@/lib/db/schema";
import { createSweeper } from "@/lib/detection/sweeper";
import { register } from "@/lib/ingest/register";
import { commandAgent } from "@/lib/response/agents/command";
import { refreshBook, verdictOf } from "@/lib/response/budgets/book";
import { decideBudget } from "@/lib/response/budgets/decide";
import { removeBudget, setBudget } from "@/lib/response/budgets/set";
import { commandIncident } from "@/lib/response/command-incident";
import { changeSettings, changeType } from "@/lib/response/settings";
import { sweep } from "./sweep";
import { PERSON, TestFleet } from "./test-fleet";

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act");
});
afterEach(() => fleet.close());

const set = (more: Partial<BudgetRow> = {}) =>
  setBudget(
    fleet.db,
    {
      id: "b",
      scope: "team",
      subject: "*",
      window: "day",
      zone: "UTC",
      measure: "usd",
      limit: 10,
      warnShare: 0.8,
      atLimit: "pause_and_ask",
      ...more,
    },
    PERSON,
    fleet.now,
  );
const known = (agentId: string, labels: Record<string, string>, more: { sdk_version?: string; enforcement?: boolean } = {}) =>
  register(fleet.db, fleet.key, { agent_id: agentId, agent_type: "Research", enforcement: true, labels, ...more }, fleet.now, fleet.config); // prettier-ignore
/** Model calls at a dollar each, one sweep. */
async function spend(agentId: string, usd: number, more: Partial<AgentEvent> = {}) {
  await fleet.send([fleet.call(agentId, { cost: usd, ...more })]);
  await fleet.sweep();
  fleet.now += 1_000;
}
const paused = async (id: string) => (await getAgent(fleet.db, id)).paused;
const held = () => listHeldStates(fleet.db);
const opened = async () => fleet.db.select().from(incidents);
const texts = async (incidentId: string) => (await listTimeline(fleet.db, incidentId)).map(({ type }) => type);
const warnings = async () =>
  (await fleet.db.$client.execute("SELECT text FROM stream_events WHERE type = 'budget.warned'")).rows.map(({ text }) => text); // prettier-ignore
const decide = async (decision: "more" | "stop", amount?: number, id = "b") => {
  const state = (await held()).find((one) => one.budgetId === id)!;
  await decideBudget(fleet.db, id, { subject: state.subject, start: state.start, version: state.version, decision, amount }, PERSON, fleet.now); // prettier-ignore
  await fleet.sweep();
};

describe("a budget", () => {
  beforeEach(async () => {
    for (const id of ["a-1", "a-2"]) await known(id, { team: "ml" });
    await known("other", { team: "web" });
    await set();
  });

  it("warns once at its share, pauses all of its agents at its limit, and asks one question", async () => {
    await spend("other", 1);
    await spend("a-1", 4);
    await spend("a-2", 3.99);
    expect(await warnings()).toEqual([]);
    await spend("a-2", 0.01);
    await spend("a-2", 0.5);
    expect(await warnings()).toEqual(["Budget nearly used up: team ml used $8.00 of $10.00 a day (80 %)"]);
    expect([await paused("a-1"), await opened()]).toEqual([false, []]);

    await spend("a-1", 1.5);
    expect([await paused("a-1"), await paused("a-2"), await paused("other")]).toEqual([true, true, false]);
    const [incident, ...more] = await opened();
    expect(more).toEqual([]);
    expect(incident).toMatchObject({ kind: "budget", state: "awaiting_approval", title: "team ml: budget used up" });
    expect((await listSubjects(fleet.db, incident!.id)).map(({ subjectId }) => subjectId).toSorted()).toEqual(["a-1", "a-2"]); // prettier-ignore
    expect(await texts(incident!.id)).toEqual(["incident.opened", "budget.reached", "agent.paused", "agent.paused"]);

    await fleet.sweep();
    await fleet.sweep();
    expect((await texts(incident!.id)).length).toBe(4);
  });

  it("more for today lets its agents go on, until that is used up too; then it asks again", async () => {
    await spend("a-1", 12);
    await expect(decide("more", 2)).rejects.toMatchObject({ details: { fields: [{ field: "amount" }] } });
    await expect(decide("more")).rejects.toMatchObject({ code: "invalid" });
    const seen = (await held())[0]!;
    await decide("more", 5);
    expect([await paused("a-1"), await paused("a-2"), await held()]).toEqual([false, false, []]);
    const [first] = await opened();
    expect(first).toMatchObject({ state: "resolved", outcome: "Ada allowed $5.00 more for today to team ml" });
    const again = { subject: "ml", start: seen.start, version: seen.version, decision: "stop" } as const;
    await expect(decideBudget(fleet.db, "b", again, PERSON, fleet.now)).rejects.toMatchObject({ code: "conflict" });

    await spend("a-1", 2);
    expect(await paused("a-1")).toBe(false);
    await spend("a-1", 1);
    expect(await paused("a-1")).toBe(true);
    expect((await opened()).map(({ state }) => state).toSorted()).toEqual(["awaiting_approval", "resolved"]);
    expect(await warnings()).toHaveLength(0);
  });

  it("stop quarantines its agents, until a person releases them", async () => {
    await spend("a-1", 12);
    await decide("stop");
    expect([await fleet.state("a-1"), await fleet.state("a-2")]).toEqual(["quarantined", "quarantined"]);
    await commandAgent(fleet.db, "a-1", "release", undefined, PERSON, fleet.now);
    await fleet.sweep();
    expect([await fleet.state("a-1"), await fleet.state("a-2")]).toEqual(["healthy", "quarantined"]);
  });

  it("an agent that is in an incident of its own is paused where others are stopped, and stays so", async () => {
    await write(fleet.db, [{ sql: "UPDATE agents SET state = 'suspected', incident_id = 'inc_own' WHERE id = 'a-2'", args: [] }]); // prettier-ignore
    await set({ atLimit: "stop" });
    await spend("a-1", 12);
    for (let i = 0; i < 3; i++) {
      expect([await fleet.state("a-1"), await paused("a-2")]).toEqual(["quarantined", true]);
      await fleet.sweep();
    }
    const directives = await fleet.db.$client.execute("SELECT count(*) AS n FROM directives WHERE agent_id = 'a-2'");
    expect(directives.rows[0]!["n"]).toBe(1);
  });

  it("as set, it stops by itself", async () => {
    await set({ atLimit: "stop" });
    await spend("a-1", 12);
    expect(await fleet.state("a-1")).toBe("quarantined");
    expect((await opened())[0]).toMatchObject({ state: "escalated" });
  });

  it("a new day begins with a new budget: who was paused goes on, and nobody is asked any more", async () => {
    await spend("a-1", 12);
    fleet.now = Date.UTC(2026, 4, 21, 0, 0, 1);
    await fleet.sweep();
    expect([await paused("a-1"), await held()]).toEqual([false, []]);
    expect((await opened())[0]).toMatchObject({ state: "resolved", outcome: "a new day has begun" });
    await spend("a-1", 7);
    expect(await paused("a-1")).toBe(false);
  });

  it("raised or removed, it holds nobody any more; lowered, it holds at the next look", async () => {
    await spend("a-1", 12);
    await set({ limit: 20 });
    await fleet.sweep();
    expect(await paused("a-1")).toBe(false);
    expect((await opened())[0]).toMatchObject({ state: "resolved", outcome: "the budget was raised" });
    await set({ limit: 5 });
    await fleet.sweep();
    expect(await paused("a-1")).toBe(true);
    await removeBudget(fleet.db, "b", PERSON, fleet.now);
    await fleet.sweep();
    expect([await paused("a-1"), await held()]).toEqual([false, []]);
  });

  it("who a person lets go on, goes on; the others stay", async () => {
    await spend("a-1", 12);
    await commandAgent(fleet.db, "a-1", "resume", "a customer waits", PERSON, fleet.now);
    await spend("a-1", 1);
    expect([await paused("a-1"), await paused("a-2")]).toEqual([false, true]);
  });

  it("dismissing its incident lets everybody go on, for this window", async () => {
    await spend("a-1", 12);
    await commandIncident(fleet.db, (await opened())[0]!.id, "dismiss", undefined, PERSON, fleet.now);
    await fleet.sweep();
    await spend("a-1", 12);
    expect([await paused("a-1"), await held(), (await opened()).length]).toEqual([false, [], 1]);
  });

  it("an agent that comes later is paused as well", async () => {
    await spend("a-1", 12);
    await known("a-3", { team: "ml" });
    await fleet.sweep();
    expect(await paused("a-3")).toBe(true);
  });

  it("what the agent did before is not forgotten: a quarantine stands, and is not loosened by more budget", async () => {
    await spend("a-1", 1);
    await commandAgent(fleet.db, "a-1", "quarantine", "by hand", PERSON, fleet.now);
    await spend("a-2", 12);
    await decide("more", 50);
    expect([await fleet.state("a-1"), await paused("a-2")]).toEqual(["quarantined", false]);
  });

  it("two processes that see the limit at once open one incident", async () => {
    const other = await openDb({ url: fleet.url });
    await fleet.send(Array.from({ length: 20 }, (_, i) => fleet.call(i % 2 ? "a-1" : "a-2", { cost: 1 })));
    const second = createSweeper();
    await Promise.all([fleet.sweep(), sweep(other, fleet.now, fleet.config, second)]);
    // Each looks at everything once, whoever counted.
    await Promise.all([fleet.sweep(), sweep(other, fleet.now, fleet.config, second)]);
    expect(await opened()).toHaveLength(1);
    expect((await texts((await opened())[0]!.id)).filter((type) => type === "budget.reached")).toHaveLength(1);
    expect([await paused("a-1"), await paused("a-2")]).toEqual([true, true]);
    other.$client.close();
  });

  it("what a process counted and died before it looked, the next one finds", async () => {
    await spend("a-1", 1);
    // Counted, and then the process was gone.
    await write(fleet.db, [{ sql: "UPDATE spend_windows SET nano_usd = 12e9 WHERE scope = 'team' AND subject = 'ml'", args: [] }]); // prettier-ignore
    const next = await openDb({ url: fleet.url });
    await sweep(next, fleet.now, fleet.config, createSweeper());
    expect(await paused("a-1")).toBe(true);
    next.$client.close();
  });
});

describe("policy", () => {
  beforeEach(async () => {
    await known("a-1", { team: "ml" });
    await known("a-2", { team: "ml" });
    await spend("a-2", 0.1);
    await set();
  });
  const type = (patch: Parameters<typeof changeType>[2]) => changeType(fleet.db, "Research", patch, PERSON, fleet.now);

  it("observe: it is recorded what would have been done, and nothing is", async () => {
    await type({ mode: "observe" });
    await spend("a-1", 12);
    expect(await paused("a-1")).toBe(false);
    expect((await opened())[0]).toMatchObject({ mode: "observe", state: "verifying", wouldHave: "paused its agents" });
  });

  it("recommend: a person is asked first, and their stop is carried out", async () => {
    await type({ mode: "recommend" });
    await spend("a-1", 12);
    expect([await paused("a-1"), (await opened())[0]!.state]).toEqual([false, "awaiting_approval"]);
    await decide("stop");
    expect(await fleet.state("a-1")).toBe("quarantined");
  });

  it("the global stop: nothing is paused", async () => {
    await changeSettings(fleet.db, { global_stop: true }, PERSON, fleet.now);
    await spend("a-1", 12);
    expect([await paused("a-1"), (await held())[0]!.standing]).toEqual([false, "asking"]);
  });

  it("the floor of a type: so many of it stay at work, and it is said", async () => {
    await type({ floor: 1 });
    await spend("a-1", 12);
    expect((await paused("a-1")) !== (await paused("a-2"))).toBe(true);
    await fleet.sweep();
    const told = (await texts((await opened())[0]!.id)).filter((one) => one === "containment.limited");
    expect(told).toHaveLength(1);
  });

  it("a host that cannot hold is not said to be paused", async () => {
    await known("plain", { team: "ml" }, { enforcement: false });
    await spend("plain", 12);
    expect([await paused("plain"), await paused("a-1")]).toEqual([false, true]);
    const [incident] = await opened();
    const reached = (await listTimeline(fleet.db, incident!.id)).find(({ type: of }) => of === "budget.reached");
    expect(reached!.text).toMatch(/1 of 3 cannot be held: not enforceable/);
  });
});

describe("what hooks and guards are told, from memory", () => {
  const who = (agentId: string, more: object = {}) => ({ agentId, keyId: "key-1", agentType: "Research", ...more });
  const read = () => refreshBook(fleet.db, fleet.now);
  beforeEach(async () => {
    await known("a-1", { team: "ml" });
    await known("a-2", { team: "ml" });
  });

  it("a used-up budget holds whoever goes by its name, until there is more", async () => {
    await set();
    await spend("a-1", 12);
    await read();
    const [incident] = await opened();
    expect(verdictOf(who("new", { team: "ml" }), fleet.now)).toEqual({
      kind: "hold",
      atLimit: "pause_and_ask",
      reason: "the budget of team ml is used up",
      budgetId: "b",
      incidentId: incident!.id,
    });
    expect(verdictOf(who("new", { team: "web" }), fleet.now)).toEqual({ kind: "go" });
    expect(verdictOf({ ...who("new", { team: "ml" }), agentType: "Observed" }, fleet.now)).toEqual({ kind: "go" });
    await commandAgent(fleet.db, "a-1", "resume", undefined, PERSON, fleet.now);
    await read();
    expect(verdictOf(who("a-1", { team: "ml" }), fleet.now)).toEqual({ kind: "go" });
    expect(verdictOf(who("a-2", { team: "ml" }), fleet.now)).toMatchObject({ kind: "hold" });
    await decide("more", 50);
    await read();
    expect(verdictOf(who("a-2", { team: "ml" }), fleet.now)).toEqual({ kind: "go" });
  });

  it("holds who names no team by the labels of its agent, as its spending counts", async () => {
    await known("a-3", { team: "web", repository: "acme/shop" });
    await set();
    await spend("a-1", 12);
    await read();
    expect(verdictOf(who("a-2"), fleet.now)).toMatchObject({ kind: "hold", budgetId: "b" });
    expect(verdictOf(who("a-3"), fleet.now)).toEqual({ kind: "go" });
    // What telemetry said last is what counts.
    expect(verdictOf(who("a-2", { team: "web" }), fleet.now)).toMatchObject({ kind: "hold", budgetId: "b" });
    await known("a-2", { team: "web" });
    await read();
    expect(verdictOf(who("a-2"), fleet.now)).toEqual({ kind: "go" });
    await set({ id: "shop", scope: "repository", measure: "tool_calls", limit: 1 });
    await fleet.send([{ agent_id: "a-3", kind: "tool_call", tool: "x", timestamp: fleet.now }]);
    await fleet.sweep();
    await read();
    expect(verdictOf(who("a-3"), fleet.now)).toMatchObject({ kind: "hold", budgetId: "shop" });
  });

  it("of a run it holds that run alone, of a tree all that belongs to its root", async () => {
    await set({ scope: "run", window: "run", limit: 2 });
    await set({ id: "tree", scope: "tree", window: "run", measure: "tool_calls", limit: 1 });
    await spend("a-1", 3, { run_id: "r-1", root_run_id: "r-0", parent_run_id: "r-0" });
    await read();
    expect(verdictOf(who("a-1", { runId: "r-1" }), fleet.now)).toMatchObject({ kind: "hold", budgetId: "b" });
    expect(verdictOf(who("a-1", { runId: "r-2" }), fleet.now)).toEqual({ kind: "go" });
    await fleet.send([{ agent_id: "a-1", kind: "tool_call", tool: "x", run_id: "r-1", timestamp: fleet.now }]);
    await fleet.sweep();
    await read();
    expect(verdictOf(who("a-2", { runId: "r-9", rootRunId: "r-0" }), fleet.now)).toMatchObject({ budgetId: "tree" });
    expect(verdictOf({ ...who("a-2", { runId: "r-9", rootRunId: "r-0" }), keyId: "other" }, fleet.now)).toEqual({
      kind: "go",
    });
  });

  it("budgets of runs travel with the directive of those who may be held, with what was granted", async () => {
    await set({ scope: "run", window: "run", limit: 2 });
    await set({ id: "mine", scope: "run", window: "run", subject: "a-2", measure: "tokens", limit: 9 });
    await set({ id: "time", scope: "run", window: "run", measure: "idle_seconds", limit: 9 });
    await spend("a-1", 3, { run_id: "r-1" });
    await decide("more", 5);
    await read();
    const budgetsOf = async (id: string) =>
      (await register(fleet.db, fleet.key, { agent_id: id }, fleet.now, fleet.config)).directive.budgets;
    const each = { id: "b", measure: "usd", limit: 2, at_limit: "pause_and_ask" };
    expect(await budgetsOf("a-1")).toEqual([{ ...each, more: { "r-1": 5 } }]);
    expect(await budgetsOf("a-2")).toEqual([{ ...each, more: {} }, { ...each, id: "mine", measure: "tokens", limit: 9, more: {} }]); // prettier-ignore
    await changeType(fleet.db, "Research", { mode: "observe" }, PERSON, fleet.now);
    await refreshBook(fleet.db, Date.now());
    expect(await budgetsOf("a-1")).toEqual([]);
  });

  it("a run whose question was dismissed is held by no guard any more", async () => {
    await set({ scope: "run", window: "run", limit: 2 });
    await spend("a-1", 3, { run_id: "r-1" });
    await commandIncident(fleet.db, (await opened())[0]!.id, "dismiss", undefined, PERSON, fleet.now);
    await fleet.sweep();
    await read();
    const { directive } = await register(fleet.db, fleet.key, { agent_id: "a-1" }, fleet.now, fleet.config);
    expect(directive.budgets.map(({ more }) => more)).toEqual([{ "r-1": Number.MAX_SAFE_INTEGER }]);
  });

  it("budgets of trees travel to every agent of the key, with what was granted to each root", async () => {
    await set({ scope: "tree", window: "run", measure: "model_calls", limit: 2 });
    await set({ id: "deep", scope: "tree", window: "run", measure: "depth", limit: 3, atLimit: "stop" });
    await set({ id: "idle", scope: "tree", window: "run", measure: "idle_seconds", limit: 900 });
    await spend("a-1", 1, { run_id: "root" });
    await spend("a-2", 1, { run_id: "child", parent_run_id: "root", root_run_id: "root" });
    await decide("more", 5);
    await read();
    const directiveOf = async (id: string) =>
      (await register(fleet.db, fleet.key, { agent_id: id }, fleet.now, fleet.config)).directive;
    const expected = [
      { id: "b", measure: "model_calls", limit: 2, at_limit: "pause_and_ask", more: { root: 5 } },
      { id: "deep", measure: "depth", limit: 3, at_limit: "stop", more: {} },
    ];
    for (const id of ["a-1", "a-2"]) {
      const directive = await directiveOf(id);
      expect([directive.budgets, directive.tree_budgets]).toEqual([[], expected]);
    }
    await changeType(fleet.db, "Research", { mode: "recommend" }, PERSON, fleet.now);
    await refreshBook(fleet.db, Date.now());
    expect((await directiveOf("a-1")).tree_budgets).toEqual([]);
  });
});

describe("runs and trees", () => {
  it("188 children in a minute are one incident of one root, whose agents are paused", async () => {
    await set({ id: "tree", scope: "tree", window: "run", measure: "descendants", limit: 50 });
    await set({ id: "money", scope: "tree", window: "run", limit: 60 });
    await set({ id: "each", scope: "run", window: "run", measure: "model_calls", limit: 1 });
    await fleet.send([fleet.call("lead", { run_id: "root" })]);
    for (let i = 0; i < 188; i += 47) {
      await fleet.send(Array.from({ length: 47 }, (_, n) => fleet.call(`worker-${n % 5}`, { run_id: `c-${i + n}`, parent_run_id: "root", root_run_id: "root", cost: 0.5 }))); // prettier-ignore
      await fleet.sweep();
      fleet.now += 10_000;
    }
    await fleet.sweep();
    const all = await opened();
    expect(all).toHaveLength(1);
    expect(all[0]!.title).toMatch(/^run (root|c-\d+|root with all its descendants)/);
    for (const id of ["lead", "worker-0", "worker-4"]) expect(await paused(id)).toBe(true);
    const states = await held();
    expect(new Set(states.map(({ incidentId }) => incidentId))).toEqual(new Set([all[0]!.id]));
    expect(states.some(({ budgetId }) => budgetId === "tree")).toBe(true);
  });

  it("more for one run is for that run alone, and its guard hears of it at once", async () => {
    await known("a-1", {}, { sdk_version: "ts-0.2.0" });
    await set({ scope: "run", window: "run", limit: 2 });
    await spend("a-1", 3, { run_id: "r-1", sdk_version: "ts-0.2.0" });
    // It holds the run itself: its other runs go on.
    expect(await paused("a-1")).toBe(false);
    expect((await held())[0]).toMatchObject({ standing: "asking", subject: "a-1\nr-1" });
    const before = (await getAgent(fleet.db, "a-1")).directiveVersion;
    await decide("more", 5);
    expect((await getAgent(fleet.db, "a-1")).directiveVersion).toBeGreaterThan(before);
    await spend("a-1", 3, { run_id: "r-2", sdk_version: "ts-0.2.0" });
    expect((await held())[0]).toMatchObject({ subject: "a-1\nr-2" });
  });

  it("other hosts' agents are paused for a run, and go on when it has ended", async () => {
    await set({ scope: "run", window: "run", limit: 2 });
    await spend("a-1", 3, { run_id: "r-1" });
    expect(await paused("a-1")).toBe(true);
    await fleet.send([{ agent_id: "a-1", kind: "run_end", run_id: "r-1", outcome: "stopped", timestamp: fleet.now }]);
    await fleet.sweep();
    expect([await paused("a-1"), await held()]).toEqual([false, []]);
    expect((await opened())[0]!.outcome).toBe("the run has ended");
  });

  it("a run that had ended when it was counted holds nobody", async () => {
    await set({ scope: "run", window: "run", limit: 2 });
    await fleet.send([
      fleet.call("a-1", { run_id: "r-1", cost: 3 }),
      { agent_id: "a-1", kind: "run_end", run_id: "r-1", timestamp: fleet.now },
    ]);
    await fleet.sweep();
    expect([await paused("a-1"), await opened()]).toEqual([false, []]);
    expect((await listStates(fleet.db, [["b", "a-1\nr-1", 0]]))[0]).toMatchObject({ standing: "ended" });
  });

  it("wall time and idle time pass without any event", async () => {
    await set({ id: "wall", scope: "run", window: "run", measure: "wall_seconds", limit: 100 });
    await set({ id: "idle", scope: "tree", window: "run", measure: "idle_seconds", limit: 60 });
    await spend("a-1", 0.1, { run_id: "r-1" });
    await spend("a-2", 0.1, { run_id: "r-2", root_run_id: "r-1", parent_run_id: "r-1" });
    fleet.now += 57_000;
    await spend("a-2", 0.1, { run_id: "r-2" });
    fleet.now += 25_000;
    await fleet.sweep();
    expect(await warnings()).toEqual([
      expect.stringMatching(/^Budget nearly used up: run r-1 of a-1 used 1 min 2\d s of 1 min 40 s/),
      expect.stringMatching(/^Budget nearly used up: run r-2 of a-2 used/),
    ]);
    fleet.now += 40_000;
    await fleet.sweep();
    expect((await held()).map(({ budgetId }) => budgetId).toSorted()).toEqual(["idle", "wall", "wall"]);
    expect(await getIncident(fleet.db, (await held())[0]!.incidentId!)).toMatchObject({ kind: "budget" });
  });
});
