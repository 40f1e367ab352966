import { describe, expect, it } from "vitest";
import { normals, random } from "@/lib/evals/detection/generate";
import { absorb, bet, BETS, createLane, evidence, type Lane, reset, score } from "./lane";

const plain = (z: number) => ({ z, up: z, down: z });

/** Mean samples until the sum of one bet reaches `level`, on standard normal scores. */
function meanRunLength(which: number, level: number, runs: number, shift = 0): number {
  const normal = normals(random(11 + which));
  let total = 0;
  for (let run = 0; run < runs; run++) {
    const lane = createLane("up");
    let n = 0;
    while (lane.r[which]! < level) {
      bet(lane, plain(normal() + shift), "up", null, false);
      n++;
    }
    total += n;
  }
  return total / runs;
}

describe("Shiryaev–Roberts sums", () => {
  // The mean time to a false alarm of the Shiryaev–Roberts procedure is level / ν(δ), with ν(δ) about exp(−0.583 δ)
  // (Siegmund 1985, (4.37) and ch. 10; Pollak 1987). For δ = 0.75 and 1.5 that is 0.646 and 0.417.
  it.each([
    [0, 0.646],
    [1, 0.417],
  ])("alarm falsely as rarely as theory says (bet %d)", (which, nu) => {
    const level = 150;
    const measured = meanRunLength(which, level, 1500);
    expect(measured / (level / nu)).toBeGreaterThan(0.9);
    expect(measured / (level / nu)).toBeLessThan(1.1);
  });

  it("find a shift of their own size at about 2 ln(level) / δ² samples (Lorden 1971)", () => {
    const delta = BETS[1]!;
    const measured = meanRunLength(1, 1e6, 400, delta);
    const theory = (2 * Math.log(1e6)) / delta ** 2;
    expect(measured).toBeGreaterThan(0.7 * theory);
    expect(measured).toBeLessThan(1.2 * theory);
  });
});

/** A lane that knows a standard normal law from `n` values. */
function knowing(n: number, seed = 3): Lane {
  const normal = normals(random(seed));
  const lane = createLane("up");
  for (let i = 0; i < n; i++) absorb(lane, normal(), 0.01);
  return lane;
}

describe("a lane", () => {
  it("is silent while young", () => expect(score(knowing(19), 5, 0.01)).toBeNull());

  it("trusts a young baseline less", () => {
    const young = score(knowing(25), 3, 0.01)!;
    const old = score(knowing(3000), 3, 0.01)!;
    expect(young.z - young.up).toBeGreaterThan(3 * (old.z - old.up));
  });

  it("holds doubtful values back, learns them when doubt lifts, and drops them on reset", () => {
    const doubtful = () => {
      const lane = knowing(300);
      for (let i = 0; i < 5; i++) {
        bet(lane, score(lane, 3, 0.01)!, "up", null, true);
        absorb(lane, 3, 0.01);
      }
      return lane;
    };
    const lane = doubtful();
    const held = lane.held.length;
    expect(held).toBeGreaterThan(0);
    const n = lane.sketch.n;
    for (let i = 0; i < 60 && lane.held.length > 0; i++) {
      bet(lane, plain(-1.5), "up", null, true);
      absorb(lane, 0, 0.01);
    }
    expect(lane.held).toEqual([]);
    expect(lane.sketch.n).toBeGreaterThan(n + held);
    const other = doubtful();
    reset(other);
    expect(other.held).toEqual([]);
    expect(evidence(other.r)).toBe(0);
  });

  it("saturates, so that evidence can fade again", () => {
    const lane = createLane("up");
    for (let i = 0; i < 1000; i++) bet(lane, plain(8), "up", null, false);
    expect(evidence(lane.r)).toBeLessThan(1e13);
    for (let i = 0; i < 150; i++) bet(lane, plain(0), "up", null, false);
    expect(evidence(lane.r)).toBeLessThan(10);
  });
});
