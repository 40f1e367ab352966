import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, type HoldInput, mayHold, mostHeld } from "./limits";

describe("how many may be held", () => {
  it.each([
    [0.05, 1, 1],
    [0.05, 15, 1],
    [0.05, 39, 1],
    [0.05, 40, 2],
    [0.05, 400, 20],
    [0.2, 4, 1],
    [0.2, 10, 2],
    [0.2, 15, 3],
    [0.29, 100, 29],
    [1, 7, 7],
    [0, 1000, 0],
  ])("share %d of %d: %d", (share, live, most) => {
    expect(mostHeld(share, live)).toBe(most);
  });
});

describe("holding one more", () => {
  const input = (
    fleet: [number, number],
    type: [number, number],
    floor: number | null,
    lastHour: number,
  ): HoldInput => ({
    fleet: { live: fleet[0], held: fleet[1] },
    type: { live: type[0], held: type[1], floor },
    holdsLastHour: lastHour,
    limits: DEFAULT_LIMITS,
  });
  it.each<[string, HoldInput, string]>([
    ["the first of 15", input([15, 0], [4, 0], null, 0), "hold"],
    ["the second of 15", input([15, 1], [4, 0], null, 1), "1 of 15 agents are held; the limit is 1"],
    [
      "the second of a type of 4",
      input([400, 1], [4, 1], null, 1),
      "1 of 4 agents of the type are held; the limit is 1",
    ],
    ["the second of a type of 10", input([400, 1], [10, 1], null, 1), "hold"],
    ["a lone agent", input([1, 0], [1, 0], null, 0), "hold"],
    ["a lone agent of its type", input([15, 0], [1, 0], null, 0), "hold"],
    [
      "a lone agent that must stay",
      input([15, 0], [1, 0], 1, 0),
      "agents of the type at work: 1; after one more hold at least 1 must be left",
    ],
    ["the last above the floor", input([400, 1], [10, 1], 8, 1), "hold"],
    [
      "one below the floor",
      input([400, 1], [10, 1], 9, 1),
      "agents of the type at work: 9; after one more hold at least 9 must be left",
    ],
    ["the third in an hour", input([400, 2], [100, 2], null, 2), "hold"],
    ["the fourth in an hour", input([400, 3], [100, 3], null, 3), "3 automatic holds in the last hour; the limit is 3"],
    [
      "nobody alive",
      input([0, 0], [0, 0], null, 0),
      "agents of the type at work: 0; after one more hold at least 0 must be left",
    ],
  ])("%s", (_, i, expected) => {
    const d = mayHold(i);
    expect(d.kind === "hold" ? "hold" : d.reason).toBe(expected);
  });

  it("never exceeds a limit, one hold after the other", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const limits = fc.record({
      fleetShare: share,
      typeShare: share,
      perHour: fc.integer({ min: 0, max: 50 }),
      floor: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(limits, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), (l, types) => {
        const live = types.reduce((a, b) => a + b, 0);
        const held = types.map(() => 0);
        let all = 0;
        // Everybody wants to be held: more rounds than there are agents.
        for (let round = 0; round < live + types.length; round++) {
          const t = round % types.length;
          const d = mayHold({
            fleet: { live, held: all },
            type: { live: types[t]!, held: held[t]!, floor: null },
            holdsLastHour: all,
            limits: l,
          });
          if (d.kind === "stop") continue;
          all++;
          held[t]!++;
        }
        expect(all).toBeLessThanOrEqual(Math.max(l.fleetShare > 0 ? 1 : 0, l.fleetShare * live + 1e-6));
        expect(all).toBeLessThanOrEqual(l.perHour);
        types.forEach((n, t) => {
          expect(held[t]).toBeLessThanOrEqual(Math.max(l.typeShare > 0 ? 1 : 0, l.typeShare * n + 1e-6));
          if (held[t]! > 0) expect(n - held[t]!).toBeGreaterThanOrEqual(l.floor);
        });
      }),
    );
  });
});
