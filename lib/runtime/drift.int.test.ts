import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CHANGE_WINDOW_MS } from "@/lib/core/agents/diagnose";
import type { AgentEvent } from "@/lib/contracts/event";
import { listChanges } from "@/lib/db/queries/changes";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { listIncidentsInStates } from "@/lib/db/queries/incidents";
import { ChangesQuery } from "@/lib/contracts/changes";
import { declare } from "@/lib/ingest/declare";
import { findAgentDetail } from "@/lib/views/agent-detail";
import { findIncidentDetail } from "@/lib/views/incident-detail";
import { TestFleet } from "./test-fleet";

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
});
afterEach(() => fleet.close());

const ALL = ["a-1", "a-2"];
const DAY_MS = 86_400_000;
const usual: Partial<AgentEvent> = {
  response_model: "m-1-2026-01-01",
  effort: "medium",
  permission_mode: "default",
  tools_hash: "t-1",
  mcp_servers: ["db", "git"],
};
const changes = async () => (await listChanges(fleet.db, ChangesQuery.parse({ subject: "a-1" }))).toReversed();
const context = () => ({
  now: fleet.now,
  instanceLiveMs: 45_000,
  ackTimeoutMs: 30_000,
  maxClockSkewMs: 1,
  directiveLeaseS: 1,
});

describe("what changes without being declared", () => {
  it.each<[string, Partial<AgentEvent>, object]>([
    [
      "another answer to the same request",
      { response_model: "m-1-2026-05-01" },
      { kind: "model", note: "answering model", from: "m-1-2026-01-01", to: "m-1-2026-05-01" },
    ],
    ["a smaller model", { response_model: "m-1-mini" }, { kind: "model", note: "answering model", to: "m-1-mini" }],
    ["effort", { effort: "high" }, { kind: "config", note: "effort", from: "medium", to: "high" }],
    ["permission mode", { permission_mode: "bypassPermissions" }, { kind: "config", note: "permission mode" }],
    ["a tool's schema", { tools_hash: "t-2" }, { kind: "tools", note: null, from: "t-1", to: "t-2" }],
    [
      "an MCP server",
      { mcp_servers: ["db", "git", "web"] },
      { kind: "tools", note: "MCP servers", from: "db, git", to: "db, git, web" },
    ],
  ])("%s is recorded and watched, and holds nobody", async (_, change, expected) => {
    await fleet.treat("Research", "act");
    await fleet.learn(ALL, 80, () => usual);
    await fleet.ticks(ALL, 5, (id) => ({ ...usual, ...(id === "a-1" ? change : {}) }));
    expect(await changes()).toMatchObject([{ ...expected, declared: false, source: "detected" }]);
    expect(await listIncidentsInStates(fleet.db, INCIDENT_STATES)).toEqual([]);
    const { anomalies } = (await findAgentDetail(fleet.db, "a-1", context()))!;
    expect(anomalies).toMatchObject([
      { verdict: "watch", text: expect.stringMatching(/changed from .*, not declared$/) },
    ]);
  });

  it("says nothing of a dated answer to an alias, or of a configuration that was declared", async () => {
    await fleet.learn(ALL, 80, () => usual);
    expect(await changes()).toEqual([]);
    await declare(fleet.db, { subject_kind: "agent", subject_id: "a-1", kind: "config" }, "Ada", fleet.now);
    await fleet.ticks(ALL, 5, (id) => ({ ...usual, effort: id === "a-1" ? "high" : "medium" }));
    expect(await changes()).toMatchObject([{ kind: "config", declared: true }]);
  });
});

describe("the effect of a change", () => {
  const dearer = (id: string): Partial<AgentEvent> =>
    id === "a-1"
      ? { ...usual, effort: "high", cost: fleet.lognormal(0.0014, 0.4), latency_ms: fleet.lognormal(1_500, 0.3) }
      : usual;
  const effectOf = async () => (await changes())[0]!.effect!;

  it("is measured while calls come, settled after a day, and told once; it stands beside the incident and on the agent's page", async () => {
    await fleet.treat("Research", "observe");
    await fleet.learn(ALL, 80, () => usual);
    await fleet.tick(ALL, dearer);
    expect((await effectOf()).metrics[0]).toMatchObject({
      metric: "cost",
      calls_before: 80,
      calls_after: 1,
      verdict: "too_few",
    });
    await fleet.ticks(ALL, 30, dearer);
    // A minute has to pass before it is measured again.
    expect((await effectOf()).metrics[0]!.calls_after).toBe(1);
    fleet.now += 60_000;
    await fleet.tick(ALL, dearer);
    expect(await effectOf()).toMatchObject({
      settled: false,
      metrics: [
        { metric: "cost", verdict: "higher", calls_before: 80, calls_after: 32 },
        { metric: "latency_ms", verdict: "higher" },
        { metric: "errors", verdict: "no_difference" },
      ],
    });
    fleet.now += DAY_MS;
    await fleet.sweep();
    await fleet.sweep();
    expect((await effectOf()).settled).toBe(true);
    const { history, changes: shown } = (await findAgentDetail(fleet.db, "a-1", context()))!;
    expect(shown[0]).toMatchObject({ note: "effort", effect: { settled: true } });
    expect(history.filter(({ type }) => type === "change.measured").map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^a-1: since the effort changed: cost per call higher: \$.* → \$.*\(80 and 32 calls\); latency higher/,
      ),
    ]);
    const [incident] = await listIncidentsInStates(fleet.db, INCIDENT_STATES);
    const detail = (await findIncidentDetail(fleet.db, incident!.id))!;
    expect(detail.changes).toMatchObject([
      { subject_id: "a-1", note: "effort", effect: { metrics: [{ verdict: "higher" }, {}, {}] } },
    ]);
    expect(detail.changes[0]!.at).toBeGreaterThan(incident!.onsetAt - CHANGE_WINDOW_MS);
  });

  it("ends with the next change, and is unknown where the calls are gone", async () => {
    await fleet.learn(ALL, 80, () => usual);
    await fleet.ticks(ALL, 10, dearer);
    await fleet.ticks(ALL, 10, (id) => ({ ...dearer(id), ...(id === "a-1" ? { permission_mode: "plan" } : {}) }));
    fleet.now += 61_000;
    await fleet.sweep();
    const [first, second] = await changes();
    expect(first!.effect).toMatchObject({ settled: true, metrics: [{ calls_after: 10 }, {}, {}] });
    expect(second!.effect).toMatchObject({ settled: false, metrics: [{ calls_before: 10, calls_after: 10 }, {}, {}] });
    await fleet.db.$client.execute("DELETE FROM anomalies");
    fleet.now += 61_000;
    await fleet.sweep();
    expect((await changes())[1]!.effect).toMatchObject({ settled: true, metrics: [] });
  });
});
