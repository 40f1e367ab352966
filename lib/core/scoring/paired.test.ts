import { expect, test } from "vitest";
import { chanceOfGain, SIGNIFICANT } from "./paired";

test.each([
  ["nothing", [], 1],
  ["no pair differs", [0, 0, 0], 1],
  ["four that all gain are not enough", [1, 1, 1, 1], 1 / 16],
  ["five are", [1, 1, 1, 1, 1], 1 / 32],
  ["pairs that do not differ say nothing", [0, 1, 0, 1, 1, 1, 1, 0], 1 / 32],
  ["all lose", [-1, -1], 1],
  ["as much lost as gained", [1, -1], 3 / 4],
  // By hand: of 3, 2, −1 only +3+2−1 (4) and +3+2+1 (6) reach 4.
  ["a loss among gains", [3, 2, -1], 2 / 8],
] as [string, number[], number][])("%s", (_, differences, chance) => {
  expect(chanceOfGain(differences)).toBeCloseTo(chance, 9);
});

/** Darwin's maize, eighths of an inch: Fisher counts 863 of 32,768 patterns at least as large (The Design of Experiments, §21). */
test("Fisher's own example", () => {
  const maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
  expect(chanceOfGain(maize)).toBe(863 / 2 ** 15);
});

test("beyond the exact count the normal limit takes over without a jump", () => {
  const sixteen = Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? -0.4 : 0.3));
  const more = [...sixteen, 1e-6];
  expect(Math.abs(chanceOfGain(more) - chanceOfGain(sixteen))).toBeLessThan(0.03);
  expect(chanceOfGain(Array.from({ length: 40 }, () => 0.2))).toBeLessThan(SIGNIFICANT / 1_000);
  expect(chanceOfGain(Array.from({ length: 40 }, (_, i) => (i % 2 ? 0.2 : -0.2)))).toBeCloseTo(0.5, 6);
});
