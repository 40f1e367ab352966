import { describe, expect, it, test } from "vitest";
import { differences, episodes, EPISODE_MS, paired, totals, type Treatment } from "./policy-change";

const MINUTE = 60_000;

const treatment = (more: Partial<Treatment> = {}): Treatment => ({
  agentId: "a-1",
  incidentId: "inc-1",
  at: 0,
  seq: 100,
  openedAt: more.at ?? 0,
  endedAt: (more.at ?? 0) + 10 * MINUTE,
  standing: "held",
  heldAt: more.at ?? 0,
  reason: "tokens",
  severity: 6,
  samples: 4,
  proposal: { action: "reset_memory", policy: "ask", reason: "severity" },
  ...more,
});
const observed = (more: Partial<Treatment> = {}) =>
  treatment({ standing: "would_hold", heldAt: null, proposal: { action: "reset_memory", policy: "record", reason: "" }, ...more }); // prettier-ignore

describe("episodes", () => {
  it("are one where an agent falls ill again within the hour, and two after it", () => {
    const soon = treatment({ at: 10 * MINUTE + EPISODE_MS - 1, severity: 8 });
    expect(episodes([treatment(), soon])).toMatchObject([{ at: 0, holds: 2, severity: 8, endedAt: soon.endedAt }]);
    expect(episodes([treatment(), treatment({ at: 10 * MINUTE + EPISODE_MS })])).toHaveLength(2);
    expect(episodes([treatment(), treatment({ agentId: "a-2" })])).toHaveLength(2);
  });

  it("are called by what was done about them at most, and keep the moment at which they began", () => {
    const limited = treatment({ standing: "limited", heldAt: null, proposal: null });
    const then = treatment({ at: 5 * MINUTE, incidentId: "inc-2", reason: "cost" });
    expect(episodes([then, limited])).toMatchObject([
      { at: 0, standing: "held", heldAt: 5 * MINUTE, incidentId: "inc-2", reason: "cost", holds: 1 },
    ]);
  });

  it("go on while nothing says that they ended", () => {
    expect(episodes([treatment({ endedAt: null }), treatment({ at: 100 * EPISODE_MS })])).toHaveLength(1);
  });
});

test("episodes are paired with the nearest of the same agent, each once", () => {
  const [a] = episodes([treatment({ at: 30 * MINUTE })]);
  const [near] = episodes([treatment({ at: 25 * MINUTE })]);
  const [far] = episodes([treatment({ at: -20 * MINUTE })]);
  const [other] = episodes([treatment({ at: 30 * MINUTE, agentId: "a-2" })]);
  expect(paired([a!], [far!, near!, other!])).toEqual([
    [null, far],
    [a, near],
    [null, other],
  ]);
});

describe("a difference", () => {
  const TOLERANCE = MINUTE;
  const cases: [what: string, today: Treatment[], changed: Treatment[], kinds: string[]][] = [
    ["none where both do the same", [treatment()], [treatment({ incidentId: "other" })], []],
    ["a hold that comes", [], [treatment()], ["hold"]],
    ["a hold that does not come", [treatment()], [], ["no_hold"]],
    ["a hold instead of a record", [observed()], [treatment()], ["hold"]],
    ["a record instead of a hold", [treatment()], [observed()], ["no_hold"]],
    ["an incident that comes", [], [observed()], ["incident"]],
    ["an incident that does not come", [observed()], [], ["no_incident"]],
    ["evidence some samples earlier", [treatment()], [treatment({ at: -MINUTE, seq: 97 })], ["earlier"]],
    ["evidence some samples later", [treatment()], [treatment({ at: MINUTE, seq: 103 })], ["later"]],
    ["the same evidence, held when there is room", [treatment()], [treatment({ heldAt: 5 * MINUTE })], ["later"]],
    ["the same evidence, held within the tolerance", [treatment()], [treatment({ heldAt: TOLERANCE })], []],
    ["another answer of policy", [treatment()], [treatment({ proposal: { action: "reset_memory", policy: "run", reason: "" } })], ["handling"]], // prettier-ignore
    ["another action first", [treatment()], [treatment({ proposal: { action: "clone_agent", policy: "ask", reason: "" } })], ["handling"]], // prettier-ignore
    ["only another reason", [treatment()], [treatment({ proposal: { action: "reset_memory", policy: "ask", reason: "risk" } })], []], // prettier-ignore
    ["a limit instead of a record", [observed()], [observed({ standing: "limited" })], ["handling"]],
    ["of two agents, in order of time", [treatment({ at: 5 * MINUTE })], [treatment({ agentId: "a-2" })], ["hold", "no_hold"]], // prettier-ignore
  ];
  it.each(cases)("is %s", (_, today, changed, kinds) => {
    expect(differences(episodes(today), episodes(changed), TOLERANCE).map(({ kind }) => kind)).toEqual(kinds);
  });
});

test("totals count what was done and what policy said, once an episode", () => {
  const list = episodes([treatment(), observed({ agentId: "a-2" }), treatment({ agentId: "a-3", proposal: null })]);
  expect(totals(list)).toEqual({ episodes: 3, held: 2, would_hold: 1, limited: 0, shared_cause: 0, asked: 1, ran: 0, refused: 0, recorded: 1 }); // prettier-ignore
});
