import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentEvent } from "@/lib/contracts/event";
import type { HoldLevel } from "@/lib/core/base/hold-levels";
import { findDirective } from "@/lib/db/queries/agents";
import { listRuns } from "@/lib/db/queries/runs";
import { commandAgent } from "@/lib/response/agents/command";
import { findCard } from "@/lib/views/agents";
import { PERSON, TestFleet } from "./test-fleet";

const AGENT = "a-1";
const ONE = "one";

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.learn([AGENT], 30, () => ({ instance_id: ONE }));
});
afterEach(() => fleet.close());

const of = (more: Partial<AgentEvent>): Partial<AgentEvent> => ({
  agent_id: AGENT,
  instance_id: ONE,
  timestamp: fleet.now,
  ...more,
});

async function report(...events: Partial<AgentEvent>[]) {
  const answer = await fleet.send(events);
  await fleet.sweep();
  fleet.now += 1_000;
  return answer;
}

/** Held, and confirmed by its instance. */
async function held(level: HoldLevel) {
  await commandAgent(fleet.db, AGENT, "quarantine", undefined, PERSON, fleet.now, { level });
  fleet.now += 1_000;
  const { version, hash } = (await findDirective(fleet.db, AGENT))!;
  await report(of({ kind: "heartbeat", directive_version: version, directive_hash: hash, enforced: true }));
}
const containment = async () =>
  (await findCard(fleet.db, AGENT, { ...fleet.config, now: fleet.now }))!.containment.state;
const told = async (type: string) =>
  (await fleet.db.query.streamEvents.findMany()).filter((event) => event.type === type);

describe("a hold on new runs", () => {
  it("is proven, and stays so while runs in progress and their children go on", async () => {
    await report(of({ kind: "run_start", run_id: "r-1" }));
    await held("hold_new");
    expect(await containment()).toBe("enforced");
    await report(
      of({ kind: "model_call", run_id: "r-1", success: true }),
      of({ kind: "run_start", run_id: "r-2", parent_run_id: "r-1", root_run_id: "r-1" }),
    );
    await report(of({ kind: "tool_call", run_id: "r-2", tool: "search", success: true }));
    await report(of({ kind: "run_end", run_id: "r-1", outcome: "success" }));
    expect(await containment()).toBe("enforced");
    expect(await told("containment.breach")).toHaveLength(0);
  });

  it("is broken by a run that begins after the confirmation", async () => {
    await held("hold_new");
    await report(of({ kind: "run_start", run_id: "r-9" }));
    expect(await containment()).toBe("not_confirmed");
    expect(await told("containment.breach")).toHaveLength(1);
  });

  it.each(["drain", "hand_over", "kill"] as const)(
    "is another than %s, which runs in progress break",
    async (level) => {
      await report(of({ kind: "run_start", run_id: "r-1" }));
      await held(level);
      expect(await containment()).toBe("enforced");
      await report(of({ kind: "model_call", run_id: "r-1", success: true }));
      expect(await containment()).toBe("not_confirmed");
    },
  );
});

describe("the timeline", () => {
  it("has tool calls of unknown outcome, and so has their run", async () => {
    await report(of({ kind: "run_start", run_id: "r-1" }));
    await commandAgent(fleet.db, AGENT, "quarantine", undefined, PERSON, fleet.now, { level: "kill" });
    await report(of({ kind: "tool_call", run_id: "r-1", tool: "charge", action_hash: "h", outcome: "unknown" }));
    const [line] = await told("tool.outcome_unknown");
    expect(line).toMatchObject({ agentId: AGENT, data: { tool: "charge", run: "r-1", action: "h", instance: ONE } });
    expect(line!.text).toContain("a call of charge in run r-1 was cut off. Whether it took effect is unknown");
    expect(line!.incidentId).toBe((await findCard(fleet.db, AGENT, { ...fleet.config, now: fleet.now }))!.incident!.id);
    expect(await listRuns(fleet.db, AGENT)).toContainEqual(
      expect.objectContaining({ run_id: "r-1", tool_calls: 1, errors: 0, unknown_outcomes: 1 }),
    );
  });

  it("has what the host decided on queued tasks, and sums up a flood", async () => {
    await commandAgent(fleet.db, AGENT, "quarantine", undefined, PERSON, fleet.now, { level: "hand_over" });
    const task = (task_id: string, outcome: string, to?: string) =>
      of({ kind: "queued_task", task_id, outcome, ...(to && { attributes: { to } }) });
    const answer = await report(
      task("t-1", "keep"),
      task("t-2", "drop"),
      task("t-3", "reassign", "a-2"),
      task("t-4", "burn"),
    );
    expect(answer.rejected).toMatchObject([
      { index: 3, field: "outcome", reason: expect.stringContaining("keep, drop, reassign") },
    ]);
    const lines = await told("task.decided");
    expect(lines.map(({ text }) => text)).toEqual([
      `${AGENT}: its host kept the queued task t-1`,
      `${AGENT}: its host dropped the queued task t-2`,
      `${AGENT}: its host reassigned the queued task t-3 to a-2`,
    ]);
    expect(new Set(lines.map(({ incidentId }) => incidentId)).size).toBe(1);
    expect(lines[0]!.incidentId).not.toBeNull();
    await report(...Array.from({ length: 50 }, (_, i) => task(`f-${i}`, "drop")));
    const all = await told("task.decided");
    expect(all).toHaveLength(3 + 20);
    expect(all.at(-1)!.text).toContain("and 30 more of the same kind");
  });
});
