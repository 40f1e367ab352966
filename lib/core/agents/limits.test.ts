import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, SEVERE_FROM, type HoldInput, mayHold, mostHeld, type Population } from "./limits";

describe("how many may be held", () => {
  it.each([
    [0.05, 1, 1, 1],
    [0.05, 15, 1, 1],
    [0.05, 39, 1, 1],
    [0.05, 40, 1, 2],
    [0.05, 15, 3, 3],
    [0.05, 60, 3, 3],
    [0.05, 80, 3, 4],
    [0.05, 400, 3, 20],
    [0.2, 4, 3, 3],
    [0.2, 15, 3, 3],
    [0.2, 20, 3, 4],
    [0.29, 100, 1, 29],
    [1, 7, 3, 7],
    [0, 1000, 3, 0],
  ])("share %d of %d, at least %d: %d", (share, live, atLeast, most) => {
    expect(mostHeld(share, live, atLeast)).toBe(most);
  });
});

/** Live agents and held ones, and of those the ones that share the agent's key: all, unless said. */
const population = (live: number, held: number, ownLive = live, ownHeld = held): Population => ({
  live,
  held,
  own: { live: ownLive, held: ownHeld },
});

describe("holding one more", () => {
  const input = (
    fleet: Population,
    type: Population,
    more: Partial<Omit<HoldInput, "fleet" | "type">> & { floor?: number } = {},
  ): HoldInput => ({
    fleet,
    type: { ...type, healthy: type.live - type.held - 1, floor: more.floor ?? null },
    lastHour: more.lastHour ?? { all: 0, own: 0 },
    severity: more.severity ?? 10,
    limits: { ...DEFAULT_LIMITS, ...more.limits },
  });
  const perHour = (n: number, own = n) => ({ lastHour: { all: n, own } });
  it.each<[string, HoldInput, string]>([
    ["the first of 15", input(population(15, 0), population(4, 0)), "hold"],
    ["the third of 15", input(population(15, 2), population(4, 2), perHour(2)), "hold"],
    ["the fourth of 15", input(population(15, 3), population(4, 0)), "3 of 15 agents are quarantined; the limit is 3"],
    [
      "the fourth of a type of 4",
      input(population(400, 3), population(4, 3)),
      "3 of 4 agents of the type are quarantined; the limit is 3",
    ],
    ["the fourth of a type of 20", input(population(400, 3), population(20, 3)), "hold"],
    ["a lone agent", input(population(1, 0), population(1, 0)), "hold"],
    [
      "a lone agent that must stay",
      input(population(15, 0), population(1, 0), { floor: 1 }),
      "only 0 healthy agents of its type would be left, and the minimum is 1",
    ],
    ["the last above the floor", input(population(400, 1), population(10, 1), { floor: 8 }), "hold"],
    [
      "one below the floor",
      input(population(400, 1), population(10, 1), { floor: 9 }),
      "only 8 healthy agents of its type would be left, and the minimum is 9",
    ],
    ["the third in an hour", input(population(400, 2), population(100, 2), perHour(2)), "hold"],
    [
      "the fourth in an hour",
      input(population(400, 3), population(100, 3), perHour(3)),
      "3 automatic quarantines in the last hour; the limit is 3",
    ],
    [
      "nobody alive",
      input(population(0, 0), population(0, 0)),
      "only 0 healthy agents of its type would be left, and the minimum is 0",
    ],
    [
      "where a share is forbidden",
      input(population(15, 0), population(4, 0), { limits: { ...DEFAULT_LIMITS, fleetShare: 0 } }),
      "0 of 15 agents are quarantined; the limit is 0",
    ],
    // By severity: a third of the room is for the gravest.
    [
      "a second mild one",
      input(population(15, 1), population(4, 1), { severity: SEVERE_FROM - 0.1, ...perHour(1) }),
      "hold",
    ],
    [
      "a third mild one",
      input(population(15, 2), population(4, 2), { severity: SEVERE_FROM - 0.1, ...perHour(2) }),
      "2 of 15 agents are quarantined; the limit below severity 6 is 2",
    ],
    [
      "a grave one after two mild ones",
      input(population(15, 2), population(4, 2), { severity: SEVERE_FROM, ...perHour(2) }),
      "hold",
    ],
    // By key: one key's agents leave room for everybody else's.
    [
      "a fourth agent of one key",
      input(population(15, 3, 6, 3), population(8, 0, 4, 0), perHour(0)),
      "3 of 6 agents that share its key are quarantined; the limit is 3",
    ],
    [
      "another key's first after three of one",
      input(population(15, 3, 5, 0), population(8, 3, 4, 0), perHour(3, 0)),
      "hold",
    ],
    [
      "another key's third after three of one",
      input(population(15, 5, 5, 2), population(8, 5, 4, 2), perHour(5, 2)),
      "hold",
    ],
    [
      "a third key's, when two have used all",
      input(population(15, 6, 5, 0), population(8, 0, 4, 0), perHour(0)),
      "6 of 15 agents are quarantined; the limit is 6",
    ],
    [
      "a fourth in an hour of one key",
      input(population(400, 0, 200, 0), population(100, 0, 50, 0), perHour(3, 3)),
      "3 automatic quarantines of agents that share its key in the last hour; the limit is 3",
    ],
    [
      "a seventh in an hour of all keys",
      input(population(400, 0, 200, 0), population(100, 0, 50, 0), perHour(6, 0)),
      "6 automatic quarantines in the last hour; the limit is 6",
    ],
    [
      "half of a large fleet's room for one key",
      input(population(400, 10, 300, 10), population(400, 10, 300, 10)),
      "10 of 300 agents that share its key are quarantined; the limit is 10",
    ],
    ["the other half for others", input(population(400, 19, 100, 9), population(400, 19, 100, 9)), "hold"],
  ])("%s", (_, i, expected) => {
    const d = mayHold(i);
    expect(d.kind === "hold" ? "hold" : d.reason).toBe(expected);
  });

  it("never exceeds a limit, one hold after the other, and one key never takes all the room", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const limits = fc.record({
      fleetShare: share,
      typeShare: share,
      perHour: fc.integer({ min: 0, max: 50 }),
      atLeast: fc.integer({ min: 1, max: 5 }),
      floor: fc.integer({ min: 0, max: 5 }),
    });
    const types = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(limits, types, fc.integer({ min: 1, max: 3 }), (l, sizes, keys) => {
        // The agents of a type belong to the keys in turn.
        const agents = sizes.flatMap((n, type) => Array.from({ length: n }, (_, i) => ({ type, key: i % keys })));
        const held = new Set<(typeof agents)[number]>();
        const count = (of: typeof agents, key: number) => {
          const own = of.filter((agent) => agent.key === key);
          const heldOf = (list: typeof agents) => list.filter((agent) => held.has(agent)).length;
          return { live: of.length, held: heldOf(of), own: { live: own.length, held: heldOf(own) } };
        };
        for (const agent of agents) {
          const fleet = count(agents, agent.key);
          const type = count(
            agents.filter((other) => other.type === agent.type),
            agent.key,
          );
          const lastHour = { all: fleet.held, own: fleet.own.held };
          const d = mayHold({
            fleet,
            type: { ...type, healthy: type.live - type.held - 1, floor: null },
            lastHour,
            severity: 10,
            limits: l,
          });
          if (d.kind === "hold") held.add(agent);
        }
        const live = new Set(agents.map(({ key }) => key)).size;
        const room = (part: number, n: number) =>
          part === 0 ? 0 : Math.max(l.atLeast * (live > 1 ? 2 : 1), part * n + 1e-6);
        expect(held.size).toBeLessThanOrEqual(room(l.fleetShare, agents.length));
        expect(held.size).toBeLessThanOrEqual(l.perHour * (live > 1 ? 2 : 1));
        for (let key = 0; key < live; key++) {
          const own = [...held].filter((agent) => agent.key === key).length;
          expect(own).toBeLessThanOrEqual(l.perHour);
          if (live > 1) expect(own).toBeLessThanOrEqual(Math.max(l.atLeast, (l.fleetShare * agents.length) / 2 + 1e-6));
        }
        sizes.forEach((n, type) => {
          const own = [...held].filter((agent) => agent.type === type).length;
          expect(own).toBeLessThanOrEqual(room(l.typeShare, n));
          if (own > 0) expect(n - own).toBeGreaterThanOrEqual(l.floor);
        });
      }),
    );
  });
});
