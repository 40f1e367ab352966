import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { z } from "zod";
import { AgentTypesAnswer } from "@/lib/contracts/agent-types";
import { AgentDetail, AgentsAnswer, AgentsQuery } from "@/lib/contracts/agents";
import { RunsAnswer } from "@/lib/contracts/agent-activity";
import { ApprovalsAnswer, ApprovalsQuery } from "@/lib/contracts/approvals";
import { ChangesAnswer, ChangesQuery } from "@/lib/contracts/changes";
import { IncidentDetail, IncidentsAnswer, IncidentsQuery } from "@/lib/contracts/incidents";
import { HealingAnswer, HealingQuery, MemoryAnswer, OverviewAnswer } from "@/lib/contracts/overview";
import type { Db } from "@/lib/db/client";
import { findAgentDetail } from "./agent-detail";
import { listAgentCards, type ViewContext } from "./agents";
import { findApproval, listApprovals } from "./approvals";
import { listChanges } from "@/lib/db/queries/changes";
import { listHealing } from "./healing";
import { listIncidents } from "./incidents";
import { findIncidentDetail } from "./incident-detail";
import { loadMemory } from "./memory";
import { loadOverview } from "./overview";
import { listRuns } from "@/lib/db/queries/runs";
import {
  actionRow,
  agentRow,
  anomaly,
  anomalyRow,
  approvalRow,
  directiveRow,
  eventRow,
  incidentRow,
  insert,
  learnedDetector,
  NOW,
  openTestDb,
  proposalRow,
} from "@/lib/db/queries/test-world";
import { listAgentTypes } from "./agent-types";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EVIL = `<script>alert("x")</script>'; DROP TABLE agents; --`;

let db: Db;
let close: () => Promise<void>;
const context: ViewContext & { directiveLeaseS: number } = {
  now: NOW,
  instanceLiveMs: 45_000,
  ackTimeoutMs: 30_000,
  maxClockSkewMs: 120_000,
  directiveLeaseS: 300,
};
const cards = (query: z.input<typeof AgentsQuery> = {}) => listAgentCards(db, AgentsQuery.parse(query), context);
const ids = (answer: { agents: { id: string }[] }) => answer.agents.map((agent) => agent.id);

beforeAll(async () => {
  ({ db, close } = await openTestDb());
  await insert(db, "agentTypes", [
    { type: "Research", mode: "act", createdAt: 0 },
    { type: "Data", mode: "recommend", threshold: 5, createdAt: 0 },
  ]);
  await insert(db, "agents", [
    agentRow("sick", {
      state: "quarantined",
      incidentId: "inc-1",
      directiveVersion: 2,
      enforcement: true,
      model: "GPT-x",
      toolsHash: "t",
    }),
    agentRow("turned-down", { state: "quarantined", incidentId: "inc-2", directiveVersion: 1, enforcement: true }),
    agentRow("bare", { state: "suspected", enforcement: false, directiveVersion: 1, type: "Data" }),
    agentRow("restricted", { directiveVersion: 1, paused: true, labels: { team: "a" }, eventCount: 70 }),
    agentRow("free", { directiveVersion: 3, eventCount: 30 }),
    agentRow(EVIL, { type: "Nobody's", liveness: "silent", state: "learning" }),
    agentRow("gone", { retiredAt: NOW - HOUR }),
  ]);
  const autonomy = { level: "reduced" as const, max_model_calls: 5, max_tool_calls: null, temperature: 0 };
  await insert(db, "directives", [
    directiveRow("sick", 1, { status: "run", createdAt: NOW - HOUR }),
    directiveRow("sick", 2),
    directiveRow("turned-down", 1, { createdAt: NOW - 40_000 }),
    directiveRow("bare", 1),
    directiveRow("restricted", 1, { status: "run", revokedTools: ["search"], autonomy, rollbackTo: "abc" }),
    directiveRow("free", 3, { status: "run" }),
  ]);
  const instance = (agentId: string, instanceId: string, rest = {}) => ({
    agentId,
    instanceId,
    firstSeenAt: NOW - HOUR,
    lastSeenAt: NOW - 1_000,
    ...rest,
  });
  await insert(db, "agentInstances", [
    instance("sick", "a", { appliedVersion: 2, enforcedVersion: 2, appliedAt: NOW - 4_000, enforcedAt: NOW - 3_000 }),
    instance("sick", "b", { appliedVersion: 2 }),
    instance("sick", "dead", { lastSeenAt: NOW - HOUR, appliedVersion: 1 }),
    instance("turned-down", "a", { appliedVersion: 1 }),
    instance("bare", "a"),
    instance("restricted", "a", { appliedVersion: 1, enforcedVersion: 1 }),
    instance("free", "a", { appliedVersion: 1 }),
  ]);
  await insert(db, "incidents", [
    incidentRow("inc-1", { diagnosis: "memory_corruption", confidence: 0.7, containedAt: NOW - 19 * MINUTE }),
    incidentRow("inc-2", {
      state: "rejected",
      openedAt: NOW - 2 * HOUR,
      onsetAt: NOW - 2 * HOUR - 2_000,
      containedAt: NOW - 2 * HOUR,
    }),
    incidentRow("inc-3", {
      state: "resolved",
      openedAt: NOW - 30 * HOUR,
      onsetAt: NOW - 30 * HOUR - 4_000,
      containedAt: NOW - 30 * HOUR,
      healedAt: NOW - 29 * HOUR,
      closedAt: NOW - 29 * HOUR,
      outcome: "back in band for 20 samples",
    }),
    incidentRow("inc-4", { state: "escalated", kind: "external", openedAt: NOW - 2 * HOUR }),
  ]);
  await insert(db, "incidentSubjects", [
    { incidentId: "inc-1", subjectKind: "agent", subjectId: "sick", role: "primary" },
    { incidentId: "inc-2", subjectKind: "agent", subjectId: "turned-down", role: "primary" },
    { incidentId: "inc-3", subjectKind: "agent", subjectId: "sick", role: "primary" },
    { incidentId: "inc-4", subjectKind: "agent", subjectId: "free", role: "affected" },
    { incidentId: "inc-4", subjectKind: "agent", subjectId: "restricted", role: "primary" },
  ]);
  await insert(db, "anomalies", [
    anomalyRow("ano-1", "sick", "inc-1"),
    anomalyRow("ano-2", "sick", null, anomaly({ verdict: "watch", at: NOW - MINUTE })),
  ]);
  await insert(db, "findings", [
    {
      id: "f-1",
      incidentId: "inc-1",
      kind: "change",
      title: "A deploy 3 min before",
      source: "changes",
      detail: { x: 1 },
      at: NOW - 19 * MINUTE,
    },
    {
      id: "f-2",
      incidentId: "inc-1",
      kind: "metric_shift",
      title: "Tokens 100x",
      source: "events",
      detail: {},
      at: NOW - 18 * MINUTE,
    },
    {
      id: "f-3",
      incidentId: "inc-2",
      kind: "memory",
      title: "Seen before",
      source: "memory",
      detail: {},
      at: NOW - HOUR,
    },
  ]);
  const cause = { statement: "…", weak: false, author: "rules", at: NOW };
  await insert(db, "causes", [
    { id: "h-2", incidentId: "inc-1", rank: 2, kind: "unknown", confidence: 0.2, cites: ["f-1"], ...cause },
    {
      id: "h-1",
      incidentId: "inc-1",
      rank: 1,
      kind: "memory_corruption",
      confidence: 0.7,
      cites: ["f-2"],
      ...cause,
    },
  ]);
  const p1 = proposalRow("p-1", "inc-1", "sick");
  const p2 = proposalRow("p-2", "inc-2", "turned-down", { state: "rejected", expiresAt: null });
  const p3 = proposalRow("p-3", "inc-3", "sick", { state: "executed", policy: "run", action: "revoke_tools" });
  const p4 = proposalRow("p-4", "inc-4", "free", { severity: 9 });
  await insert(db, "proposals", [p1, p2, p3, p4]);
  await insert(db, "approvals", [
    approvalRow("a-1", p1),
    approvalRow("a-2", p2, {
      state: "rejected",
      decidedAt: NOW - HOUR,
      decidedBy: "u1",
      decidedByName: "Ada",
      comment: "not now",
    }),
    approvalRow("a-4", p4),
  ]);
  await insert(db, "actionRuns", [
    actionRow("r-1", p3, { outcome: "recovered", endedAt: NOW, verification: { n: 20 } }),
    actionRow("r-2", p3, { outcome: "no_effect", startedAt: NOW - HOUR }),
    actionRow("r-3", p3, { outcome: "cannot_tell", startedAt: NOW - 2 * HOUR }),
    actionRow("r-4", p1, { state: "started", startedAt: NOW - MINUTE }),
    actionRow("r-5", p4, { action: "wait", outcome: "recovered", startedAt: NOW - 3 * HOUR }),
  ]);
  const learned = { diagnosis: "memory_corruption" as const, action: "clone_agent" as const, updatedAt: NOW };
  await insert(db, "immuneMemory", [
    { scope: "agent", scopeId: "sick", attempts: 1, successes: 1, ...learned },
    { scope: "fleet", scopeId: "*", attempts: 8, successes: 8, ...learned },
    { scope: "fleet", scopeId: "*", attempts: 8, successes: 0, ...learned, action: "reset_memory" },
    { scope: "type", scopeId: "Research", attempts: 2, successes: 2, ...learned },
  ]);
  await insert(db, "changes", [
    {
      id: "c-1",
      subjectKind: "agent",
      subjectId: "sick",
      kind: "deploy",
      at: NOW - HOUR,
      declared: true,
      source: "api",
      status: "declared",
      createdAt: 0,
    },
    {
      id: "c-2",
      subjectKind: "agent",
      subjectId: "free",
      kind: "model",
      at: NOW,
      declared: false,
      from: "a",
      to: "b",
      source: "detected",
      status: "watched",
      createdAt: 0,
    },
  ]);
  await insert(db, "streamEvents", [
    {
      at: NOW - 19 * MINUTE,
      type: "incident.opened",
      agentId: "sick",
      incidentId: "inc-1",
      text: "opened",
      data: { n: 1 },
    },
    {
      at: NOW - 18 * MINUTE,
      type: "approval.requested",
      agentId: "sick",
      incidentId: "inc-1",
      text: "asked",
      data: {},
    },
    { at: NOW, type: "agent.healthy", agentId: "free", text: "released", data: {} },
  ]);
  await insert(db, "detectorStates", [
    { agentId: "sick", state: learnedDetector(200), agentState: "quarantined", updatedAt: NOW },
  ]);
  await insert(db, "runs", [
    { agentId: "sick", runId: "run-1", startedAt: NOW - 2 * MINUTE, lastAt: NOW, modelCalls: 2, tokens: 10 },
    { agentId: "sick", runId: "run-2", startedAt: NOW - MINUTE, lastAt: NOW },
  ]);
  await insert(db, "agentEvents", [
    ...Array.from({ length: 90 }, (_, i) => eventRow("bare", NOW - HOUR + i, {}, { kind: "heartbeat", shard: 1 })),
    ...Array.from({ length: 5 }, (_, i) => eventRow("free", NOW - 8 * MINUTE + i, { cost: i / 10 })),
    ...Array.from({ length: 40 }, (_, i) => eventRow("sick", NOW - 41_000 + i * 1_000, { latency_ms: i })),
    ...Array.from({ length: 20 }, (_, i) => eventRow("sick", NOW - 1_000 + i, {}, { kind: "heartbeat" })),
  ]);
  await insert(db, "shards", [
    { id: 0, cursor: 150, sweptAt: NOW - 500 },
    { id: 1, cursor: 90, sweptAt: NOW - 2_000 },
  ]);
  await insert(db, "settings", [
    { key: "fleet", value: { global_stop: true, arl: 1000 }, updatedAt: NOW - HOUR, updatedBy: "Ada" },
  ]);
});
afterAll(() => close());

describe("the grid", () => {
  it("shows agents in service, those that need attention first", async () => {
    const answer = AgentsAnswer.strict().parse(await cards());
    expect(ids(answer)).toEqual(["sick", "turned-down", "bare", EVIL, "free", "restricted"]);
    expect(answer.total).toBe(6);
    expect(answer.types).toEqual([
      { type: "Data", mode: "recommend", count: 1 },
      { type: "Nobody's", mode: "observe", count: 1 },
      { type: "Research", mode: "act", count: 4 },
    ]);
  });

  it("shows where each directive got, and only what was asked for", async () => {
    const { agents } = await cards();
    const of = Object.fromEntries(
      agents.map(({ id, containment: { state, live, acknowledged, enforced } }) => [
        id,
        [state, live, acknowledged, enforced],
      ]),
    );
    expect(of).toEqual({
      sick: ["acknowledged", 2, 2, 1],
      "turned-down": ["not_confirmed", 1, 1, 0],
      bare: ["observe_only", 1, 0, 0],
      restricted: ["enforced", 1, 1, 1],
      free: ["none", 1, 1, 0],
      [EVIL]: ["none", 0, 0, 0],
    });
  });

  it("carries what can be decided on the card", async () => {
    const { agents } = await cards();
    const [sick, turnedDown, , , free] = agents;
    expect(sick).toMatchObject({
      approval: { id: "a-1", digest: "digest-p-1", action: "reset_memory" },
      can_heal_now: false,
    });
    expect(sick!.incident).toEqual({
      id: "inc-1",
      title: "Tokens left their band",
      severity: 8.2,
      diagnosis: "memory_corruption",
      state: "awaiting_approval",
    });
    expect(turnedDown).toMatchObject({ approval: null, can_heal_now: true });
    expect(free!.can_heal_now).toBe(false);
  });

  it("draws the last values of what an agent reports, heartbeats apart", async () => {
    const { agents } = await cards();
    const of = new Map(agents.map((agent) => [agent.id, agent.sparkline]));
    expect(of.get("sick")).toEqual({ metric: "latency_ms", values: Array.from({ length: 24 }, (_, i) => 16 + i) });
    expect(of.get("free")).toEqual({ metric: "cost", values: [0, 0.1, 0.2, 0.3, 0.4] });
    expect(of.get("bare")).toBeNull();
  });

  it.each<[z.input<typeof AgentsQuery>, string[]]>([
    [{ q: "gpt-X" }, ["sick"]],
    [{ q: "<SCRIPT>" }, [EVIL]],
    [{ q: "%" }, []],
    [{ state: "quarantined" }, ["sick", "turned-down"]],
    [{ state: "paused" }, ["restricted"]],
    [{ state: "silent" }, [EVIL]],
    [{ type: "Data" }, ["bare"]],
    [{ type: "Data", state: "healthy" }, []],
  ])("filters by %o", async (query, expected) => {
    const answer = await cards(query);
    expect(ids(answer)).toEqual(expected);
    expect(answer.total).toBe(expected.length);
  });

  it("counts what the limit cut off", async () => {
    const answer = await cards({ limit: 2 });
    expect([answer.agents.length, answer.total]).toEqual([2, 6]);
  });
});

describe("an agent", () => {
  it("is shown whole", async () => {
    const detail = AgentDetail.strict().parse(await findAgentDetail(db, "sick", context));
    expect(detail.directive).toMatchObject({ version: 2, status: "quarantined", lease_seconds: 300 });
    expect(detail.instances.map(({ id, live }) => [id, live])).toEqual([
      ["a", true],
      ["b", true],
      ["dead", false],
    ]);
    expect(detail.bands.map((band) => band.metric)).toEqual(
      expect.arrayContaining(["latency_ms", "token_count", "error"]),
    );
    expect(detail.anomalies.map(({ id, incident_id }) => [id, incident_id])).toEqual([
      ["ano-2", null],
      ["ano-1", "inc-1"],
    ]);
    expect(detail.anomalies[1]!.text).toBe(
      "tokens 90,000, expected 400–2,100 (100x the expected value); evidence in one sample",
    );
    expect(detail.learned.map(({ scope }) => scope)).toEqual(["agent", "type"]);
    expect(detail.history.map(({ text }) => text)).toEqual(["asked", "opened"]);
    expect(detail.changes).toHaveLength(1);
    expect(detail.directives.map(({ version }) => version)).toEqual([2, 1]);
  });

  it("shows its restrictions", async () => {
    const detail = await findAgentDetail(db, "restricted", context);
    expect(detail?.restrictions).toEqual([
      { kind: "revoked_tool", value: "search" },
      { kind: "reduced_autonomy", value: "per run at most 5 model calls, temperature 0" },
      { kind: "prompt", value: "abc" },
    ]);
    expect(detail?.labels).toEqual({ team: "a" });
  });

  it("may have any name, may have said nothing yet, and may be retired; else there is none", async () => {
    expect((await findAgentDetail(db, EVIL, context))?.directive).toMatchObject({
      agent_id: EVIL,
      version: 0,
      status: "run",
    });
    expect((await findAgentDetail(db, "gone", context))?.agent.id).toBe("gone");
    expect(await findAgentDetail(db, "nobody", context)).toBeNull();
  });

  it("has runs, the newest first", async () => {
    const answer = RunsAnswer.strict().parse({ runs: await listRuns(db, "sick") });
    expect(answer.runs.map((run) => [run.run_id, run.tokens])).toEqual([
      ["run-2", null],
      ["run-1", 10],
    ]);
  });

  it("has a type", async () => {
    const { types } = AgentTypesAnswer.strict().parse({ types: await listAgentTypes(db, NOW) });
    expect(types.map(({ type, agents, threshold }) => [type, agents, threshold])).toEqual([
      ["Data", 1, 5],
      ["Research", 4, null],
    ]);
  });
});

describe("incidents", () => {
  const list = async (query: z.input<typeof IncidentsQuery>) => {
    const answer = IncidentsAnswer.strict().parse(await listIncidents(db, IncidentsQuery.parse(query)));
    return { ids: answer.incidents.map((incident) => incident.id), total: answer.total, answer };
  };

  it("are listed newest first, by state and by agent", async () => {
    expect((await list({})).ids).toEqual(["inc-1", "inc-4", "inc-2", "inc-3"]);
    expect((await list({ state: "active" })).ids).toEqual(["inc-1", "inc-4", "inc-2"]);
    expect((await list({ state: "closed" })).ids).toEqual(["inc-3"]);
    expect((await list({ state: "rejected" })).ids).toEqual(["inc-2"]);
    expect((await list({ agent: "sick" })).ids).toEqual(["inc-1", "inc-3"]);
    expect((await list({ agent: "nobody" })).total).toBe(0);
  });

  it("are paged without losing those of the same millisecond", async () => {
    const first = await list({ limit: 2 });
    expect(first).toMatchObject({ ids: ["inc-1", "inc-4", "inc-2"], total: 4 });
    const second = await list({ limit: 2, before: first.answer.incidents.at(-1)!.opened_at });
    expect(second.ids).toEqual(["inc-3"]);
  });

  it("name their primary subject first", async () => {
    const { answer } = await list({ state: "escalated" });
    expect(answer.incidents[0]!.subjects.map(({ id, role }) => [id, role])).toEqual([
      ["restricted", "primary"],
      ["free", "affected"],
    ]);
  });

  it("are shown whole", async () => {
    const detail = IncidentDetail.strict().parse(await findIncidentDetail(db, "inc-1"));
    expect(detail.anomalies).toHaveLength(1);
    expect(detail.findings.map(({ id }) => id)).toEqual(["f-1", "f-2"]);
    expect(detail.hypotheses.map(({ id, cites }) => [id, cites])).toEqual([
      ["h-1", ["f-2"]],
      ["h-2", ["f-1"]],
    ]);
    expect(detail.proposals.map(({ id, approval }) => [id, approval?.state])).toEqual([["p-1", "pending"]]);
    expect(detail.actions.map(({ id, agent_type }) => [id, agent_type])).toEqual([["r-4", "Research"]]);
    expect(detail.timeline.map(({ text, data }) => [text, data])).toEqual([
      ["opened", { n: 1 }],
      ["asked", {}],
    ]);
    expect(await findIncidentDetail(db, "nothing")).toBeNull();
  });
});

describe("approvals", () => {
  it("come with their evidence, what the diagnosis cites first", async () => {
    const answer = ApprovalsAnswer.strict().parse(await listApprovals(db, ApprovalsQuery.parse({})));
    expect(answer.approvals.map(({ id }) => id)).toEqual(["a-4", "a-1", "a-2"]);
    expect(answer.counts).toEqual({ pending: 2, rejected: 1 });
    expect(answer.approvals[1]).toMatchObject({ evidence: [{ id: "f-2" }, { id: "f-1" }], can_heal_now: false });
    expect(answer.approvals[2]).toMatchObject({ decided_by: "Ada", comment: "not now", can_heal_now: true });
  });

  it("are found by state and by id", async () => {
    const { approvals } = await listApprovals(db, ApprovalsQuery.parse({ state: "rejected" }));
    expect(approvals.map(({ id }) => id)).toEqual(["a-2"]);
    expect((await findApproval(db, "a-1"))?.proposal.id).toBe("p-1");
    expect(await findApproval(db, "nothing")).toBeNull();
  });
});

describe("healing", () => {
  const list = (query: z.input<typeof HealingQuery>) => listHealing(db, HealingQuery.parse(query));

  it("is logged with its outcomes, newest first", async () => {
    const { actions, counts } = HealingAnswer.strict().parse(await list({}));
    expect(actions.map(({ id }) => id)).toEqual(["r-4", "r-1", "r-2", "r-3", "r-5"]);
    expect(counts).toEqual({ pending: 1, recovered: 2, contained: 0, no_effect: 1, worse: 0, cannot_tell: 1 });
    expect(actions[1]).toMatchObject({ verification: { n: 20 }, agent_type: "Research" });
  });

  it("is filtered", async () => {
    expect((await list({ outcome: "no_effect" })).actions.map(({ id }) => id)).toEqual(["r-2"]);
    expect(HealingQuery.safeParse({ outcome: "' OR 1=1" }).error?.issues[0]?.path).toEqual(["outcome"]);
    expect((await list({ agent: "free" })).counts).toMatchObject({ recovered: 1, no_effect: 0 });
  });

  it("teaches, and what works is tried first", async () => {
    const memory = MemoryAnswer.strict().parse(await loadMemory(db, NOW));
    expect(memory.patterns.map(({ scope, action, mean }) => [scope, action, mean])).toEqual([
      ["fleet", "clone_agent", 0.9],
      ["fleet", "reset_memory", 0.1],
      ["type", "clone_agent", 0.75],
      ["agent", "clone_agent", expect.closeTo(2 / 3)],
    ]);
    expect(memory.ladders.find(({ diagnosis }) => diagnosis === "memory_corruption")).toEqual({
      diagnosis: "memory_corruption",
      default: ["reset_memory", "clone_agent"],
      fleet_order: ["clone_agent", "reset_memory"],
    });
  });
});

it("lists changes, of one subject or of all", async () => {
  const list = async (query: z.input<typeof ChangesQuery>) =>
    ChangesAnswer.strict()
      .parse({ changes: await listChanges(db, ChangesQuery.parse(query)) })
      .changes.map(({ id }) => id);
  expect(await list({})).toEqual(["c-2", "c-1"]);
  expect(await list({ subject: "sick" })).toEqual(["c-1"]);
  expect(await list({ subject: "sick", subject_kind: "service" })).toEqual([]);
});

describe("the overview", () => {
  it("sums up", async () => {
    const overview = OverviewAnswer.strict().parse(await loadOverview(db, { now: NOW, demo: false }));
    expect(overview.agents).toMatchObject({
      total: 6,
      live: 5,
      by_state: { healthy: 2, quarantined: 2, exhausted: 0 },
    });
    expect(overview.events).toEqual({ per_second: 60 / 60, last_minute: 60, total: 100 });
    expect(overview.incidents).toEqual({ active: 3, last_24h: 3, escalated: 1 });
    expect(overview.approvals.pending).toBe(2);
    expect(overview.healing).toEqual({
      attempts: 4,
      recovered: 1,
      no_effect: 1,
      worse: 0,
      cannot_tell: 1,
      success_rate: 0.5,
    });
    expect(overview.time_to_contain).toMatchObject({ p50: 4_000, n: 3 });
    expect(overview.time_to_heal).toEqual({ p50: HOUR + 4_000, p90: HOUR + 4_000, n: 1 });
    expect(overview.sweep).toEqual({ swept_at: NOW - 2_000, age_ms: 2_000, lag_events: 5 });
    expect(overview.global_stop).toEqual({ on: true, by: "Ada", at: NOW - HOUR });
    // 155 events within the hour, 45 of them judged, hence 45 x 720 hours a month; one false alarm in 1,000.
    expect(overview.false_alarms).toEqual({ arl: 1000, per_month: expect.closeTo(32.4, 1) });
  });

  it("knows nothing of an empty house, and says so", async () => {
    const empty = await openTestDb();
    const overview = OverviewAnswer.strict().parse(await loadOverview(empty.db, { now: NOW, demo: true }));
    expect(overview).toMatchObject({
      agents: { total: 0, live: 0 },
      events: { per_second: 0, total: 0 },
      healing: { success_rate: null },
      time_to_contain: null,
      sweep: { swept_at: null, age_ms: null, lag_events: 0 },
      global_stop: { on: false, by: null },
      false_alarms: { per_month: null },
      demo: true,
    });
    expect(AgentsAnswer.strict().parse(await listAgentCards(empty.db, AgentsQuery.parse({}), context)).agents).toEqual(
      [],
    );
    expect((await listApprovals(empty.db, ApprovalsQuery.parse({}))).approvals).toEqual([]);
    expect((await loadMemory(empty.db, NOW)).patterns).toEqual([]);
    await empty.close();
  });
});

describe("a thousand agents", () => {
  it("cost as many statements as one", async () => {
    const many = await openTestDb();
    const one = (n: number) => `agent-${String(n).padStart(4, "0")}`;
    const numbers = Array.from({ length: 1_000 }, (_, n) => n);
    await insert(
      many.db,
      "agents",
      numbers.map((n) => agentRow(one(n), { type: `T${n % 4}`, directiveVersion: 1, mcpServers: ["files"] })),
    );
    await insert(
      many.db,
      "directives",
      numbers.map((n) => directiveRow(one(n), 1)),
    );
    await insert(
      many.db,
      "agentInstances",
      numbers.flatMap((n) =>
        ["a", "b"].map((instanceId) => ({
          agentId: one(n),
          instanceId,
          firstSeenAt: 0,
          lastSeenAt: NOW,
          enforcedVersion: 1,
        })),
      ),
    );
    for (let round = 0; round < 60; round++)
      await insert(
        many.db,
        "agentEvents",
        numbers.map((n) =>
          eventRow(one(n), NOW - 60_000 + round, {
            model: "gpt-x",
            latency_ms: 800 + n + round,
            token_count: 1_200,
            cost: 0.01,
            success: true,
            prompt_hash: "0123456789abcdef",
          }),
        ),
      );
    const execute = vi.spyOn(many.db.$client, "execute");
    const grid = (limit: number) => listAgentCards(many.db, AgentsQuery.parse({ limit }), context);
    await grid(1);
    const forOne = execute.mock.calls.length;
    execute.mockClear();
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      execute.mockClear();
      const start = performance.now();
      const answer = await grid(1_000);
      times.push(performance.now() - start);
      expect(answer.agents).toHaveLength(1_000);
      for (const agent of answer.agents) {
        expect(agent.sparkline?.values).toHaveLength(24);
        expect(agent.containment.state).toBe("enforced");
      }
      expect(execute.mock.calls.length).toBe(forOne);
    }
    const whole = (await grid(1_000)).agents.map(({ id }) => id);
    execute.mockClear();
    const page = await listAgentCards(many.db, { ...AgentsQuery.parse({ limit: 50 }), offset: 900 }, context);
    expect(page.agents.map(({ id }) => id)).toEqual(whole.slice(900, 950));
    expect(page.total).toBe(1_000);
    // What a card shows is read for the agents of the page alone.
    const asked = execute.mock.calls
      .map((call) => JSON.stringify(call))
      .filter((call) => call.includes("agent_events"));
    expect(asked).not.toEqual([]);
    for (const call of asked) expect(call).not.toContain(whole[899]);
    // oxlint-disable-next-line no-console -- a figure to read, not a limit: machines differ
    console.log(`grid of 1,000 agents: ${forOne} statements, ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`);
    await many.close();
  });
});
