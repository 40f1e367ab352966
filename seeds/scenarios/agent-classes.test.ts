import { describe, expect, it } from "vitest";
import { AGENT_CLASSES, type AgentClass, type AgentPlot, drawAgentCase, HISTORY_MS, hostsOf } from "./agent-classes";

const STARTS_AT = Date.UTC(2026, 2, 3, 12);
/** So long after its beginning every trouble has shown in the events. */
const SEEN_MS = 2 * 60_000;

const CASES = (Object.keys(AGENT_CLASSES) as AgentClass[]).flatMap((of) =>
  Array.from({ length: AGENT_CLASSES[of] }, (_, n) => [of, n + 1] as const),
);

const eventsOf = (plot: AgentPlot) => hostsOf(plot, STARTS_AT).flatMap((host) => host.until(STARTS_AT + SEEN_MS));

describe("the cases of agents", () => {
  it("are twenty, in four classes", () => expect(CASES).toHaveLength(20));

  it.each(CASES)("%s %i is the same for the same seed, and another for another", (of, number) => {
    const plot = drawAgentCase(of, number, 11);
    expect(drawAgentCase(of, number, 11)).toEqual(plot);
    expect(eventsOf(drawAgentCase(of, number, 11))).toEqual(eventsOf(plot));
    const other = drawAgentCase(of, number, 12);
    expect(other.fleet).not.toEqual(plot.fleet);
    expect(eventsOf(other)).not.toEqual(eventsOf(plot));
  });

  it.each(CASES)("%s %i keeps its answer out of its events", (of, number) => {
    const plot = drawAgentCase(of, number, 13);
    const evidence = JSON.stringify([eventsOf(plot), plot.changes]);
    for (const secret of [plot.answer.class, plot.answer.why]) expect(evidence).not.toContain(secret);
    for (const { kinds } of [...plot.answer.truth.causes.right, ...plot.answer.truth.causes.acceptable])
      for (const kind of kinds) expect(evidence).not.toContain(kind);
  });

  it.each(CASES)("%s %i has five to eight agents with a history, and names them in its answer", (of, number) => {
    const plot = drawAgentCase(of, number, 14);
    const { fleet, trouble, answer } = plot;
    expect(fleet.length).toBeGreaterThanOrEqual(5);
    expect(fleet.length).toBeLessThanOrEqual(8);
    const events = eventsOf(plot);
    for (const { id } of fleet) {
      const before = events.filter((e) => e.agent_id === id && Number(e.timestamp) < STARTS_AT);
      expect(before.length).toBeGreaterThan(200);
      expect(Math.min(...before.map(({ timestamp }) => Number(timestamp)))).toBeGreaterThanOrEqual(
        STARTS_AT - HISTORY_MS,
      );
    }
    const ids = fleet.map(({ id }) => id);
    expect(trouble?.agents.every((id) => ids.includes(id)) ?? of === "healthy").toBe(true);
    expect(answer.truth.healthy).toBe(of === "healthy");
    const { right, acceptable, forbidden } = answer.truth.remedies;
    for (const { target } of [...right, ...acceptable, ...forbidden]) expect(["*", ...ids]).toContain(target);
    for (const good of [...right, ...acceptable]) expect(forbidden).not.toContainEqual(good);
  });
});

describe("a host", () => {
  const directive = (agent_id: string, more: object) => ({
    agent_id,
    version: 1,
    hash: "h",
    status: "run" as const,
    level: null,
    hand_over_to: null,
    prompt: null,
    revoked_tools: [],
    autonomy: { level: "full" as const, max_model_calls: null, max_tool_calls: null, temperature: null },
    memory_epoch: 0,
    successor: null,
    reason: "",
    lease_seconds: 300,
    budgets: [],
    tree_budgets: [],
    ...more,
  });
  /** The agent that is ill, after it was told this a minute into its trouble. */
  function after(plot: AgentPlot, more: object) {
    const host = hostsOf(plot, STARTS_AT).find(({ spec }) => spec.id === plot.trouble!.agents[0])!;
    host.until(STARTS_AT + 60_000);
    host.obey(directive(host.spec.id, more));
    return { spec: host.spec, events: host.until(STARTS_AT + 180_000) };
  }

  it("does no work while it is held, and says so", () => {
    const { events } = after(drawAgentCase("behaviour", 1, 15), { status: "quarantined" });
    expect(events.map(({ kind, enforced, directive_version }) => ({ kind, enforced, directive_version }))).toEqual([
      { kind: "heartbeat", enforced: true, directive_version: 1 },
    ]);
  });

  it("goes back to the prompt that it is told, and does not use a tool that was revoked", () => {
    const drifted = drawAgentCase("behaviour", 3, 15);
    const back = after(drifted, { prompt: { rollback_to: drifted.fleet[0]!.promptHash } }).events;
    const hashes = new Set(back.flatMap(({ prompt_hash: hash }) => (hash === undefined ? [] : [hash])));
    expect(hashes).toEqual(new Set([drifted.fleet[0]!.promptHash]));
    const broken = drawAgentCase("surroundings", 2, 15);
    const tool = broken.trouble!.effect.fails!.tool!;
    expect(after(broken, {}).events.some((e) => e.tool === tool)).toBe(true);
    expect(after(broken, { revoked_tools: [tool] }).events.some((e) => e.tool === tool)).toBe(false);
  });

  it("is well while an order that helps is in force, and ill under one that does not", () => {
    const plot = drawAgentCase("content", 4, 15);
    const failed = (more: object) => {
      const calls = after(plot, more).events.filter(({ kind }) => kind === "model_call");
      return calls.filter(({ success }) => success === false).length / calls.length;
    };
    expect(failed({ memory_epoch: 1 })).toBeLessThan(0.05);
    expect(failed({ revoked_tools: [plot.fleet[0]!.tools[0]!.name] })).toBeGreaterThan(0.1);
  });
});
