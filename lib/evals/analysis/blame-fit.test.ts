import { expect, test } from "vitest";
import { softmax } from "@/lib/core/agents/blame";
import { BLAME_FEATURES } from "@/lib/core/agents/blame-features";
import { fitBlame } from "./blame-fit";
import { seeded } from "./rename";

const COUNT = BLAME_FEATURES.length;

test("finds the weights that drew the blame, and a penalty shrinks them", () => {
  const random = seeded(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const truth = Array.from({ length: COUNT }, (_, f) => (f === 0 ? 1.5 : f === 1 ? -1 : 0));
  const runs = Array.from({ length: 2_000 }, () => {
    const rows = Array.from({ length: 5 }, () => truth.map(normal));
    const shares = softmax(rows.map((row) => row.reduce((sum, v, f) => sum + v * truth[f]!, 0)));
    let left = random();
    const guilty = shares.findIndex((one) => (left -= one) < 0);
    return { rows, guilty: Math.max(0, guilty) };
  });
  const free = fitBlame(runs, 0.01);
  free.forEach(({ weight, deviation }, f) => expect(Math.abs(weight / deviation - truth[f]!)).toBeLessThan(0.2));
  const held = fitBlame(runs, 1_000);
  expect(Math.abs(held[0]!.weight)).toBeLessThan(Math.abs(free[0]!.weight) / 1.5);
});

test("a feature that never varies gets no weight", () => {
  const row = (v: number) => Array.from({ length: COUNT }, (_, f) => (f === 0 ? v : 7));
  const fitted = fitBlame([{ rows: [row(0), row(1)], guilty: 1 }], 1);
  expect(fitted[0]!.weight).toBeGreaterThan(0);
  expect(fitted.slice(1).every(({ weight }) => weight === 0)).toBe(true);
});
