import { describe, expect, it } from "vitest";
import { shiftOf } from "./shift";
import { zOfNats } from "../base/stats";

/** A reproducible standard normal sequence: the tail of a multiplicative congruence, turned by the probit. */
function gauss(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    const u = state / 2147483647;
    return u < 0.5 ? zOfNats(-Math.log(u)) * -1 : zOfNats(-Math.log(1 - u));
  };
}
const many = (n: number, draw: () => number) => Array.from({ length: n }, draw);
const plain = { ratio: false, grain: 0 };
const timed = { ratio: true, grain: 0 };

describe("how far a series has left its normal", () => {
  it("says nothing without anything to compare with", () => {
    expect(shiftOf([], [1, 2, 3], "up", plain)).toBeNull();
    expect(shiftOf([1], [1, 2], "up", plain)).toBeNull();
  });

  it("finds the run that left, its start and its size", () => {
    const next = gauss(1);
    const normal = many(300, () => 100 + 5 * next());
    const shift = shiftOf([101, 99, 180, 190, 185], normal, "up", timed);
    expect(shift).toMatchObject({ direction: "up", start: 2, to: 185 });
    expect(shift!.nats).toBeGreaterThan(Math.log(300));
  });

  it("counts only the direction that hurts", () => {
    const next = gauss(2);
    const normal = many(200, () => 100 + 5 * next());
    expect(shiftOf([50, 50, 50], normal, "up", plain)!.nats).toBe(0);
    expect(shiftOf([50, 50, 50], normal, "down", plain)!.nats).toBeGreaterThan(5);
    expect(shiftOf([50, 50, 50], normal, "both", plain)).toMatchObject({ direction: "down" });
  });

  it("does not call a level strange that normal time knows well", () => {
    const normal = [...many(150, () => 10), ...many(150, () => 40)];
    expect(shiftOf([40, 40, 40, 40], normal, "up", plain)!.nats).toBeLessThan(1);
  });

  it("takes a rare failure of a service that never failed for what it is", () => {
    const shift = shiftOf(
      [100, 97, 96, 100],
      many(400, () => 100),
      "down",
      { ratio: false, grain: 1 },
    );
    expect(shift!.nats).toBeGreaterThan(Math.log(400));
    expect(shift).toMatchObject({ start: 1, from: 100, to: 96.5 });
  });

  it("is right about chance: of normal windows, one in twenty is called a one in twenty, heavy tails and all", () => {
    const next = gauss(3);
    const draw = () => Math.exp(1.2 * next());
    let called = 0;
    for (let i = 0; i < 400; i++)
      if (shiftOf(many(5, draw), many(200, draw), "up", timed)!.nats > Math.log(20)) called++;
    expect(called / 400).toBeGreaterThan(0.02);
    expect(called / 400).toBeLessThan(0.08);
  });

  it("stays careful where normal time is a handful of points", () => {
    expect(shiftOf([112], [100, 101, 99, 100], "up", timed)!.nats).toBeLessThan(3);
    expect(shiftOf([400, 400, 400], [100, 101, 99, 100], "up", timed)!.nats).toBeGreaterThan(3);
  });
});
