import { expect, it } from "vitest";
import { onsetOf } from "./onset";

it("is the weighted middle of the signs, whatever one early blip says", () => {
  const signs = [
    { at: 100, before: 40, strength: 0.35 },
    { at: 1000, before: 940, strength: 0.9 },
    { at: 1060, before: 1000, strength: 0.9 },
    { at: 1060, before: 1000, strength: 0.8 },
  ];
  expect(onsetOf(signs)).toEqual({ at: 1060, from: 940, to: 1060 });
});

it("is unknown without a sign worth the name", () => {
  expect(onsetOf([])).toBeNull();
  expect(onsetOf([{ at: 1, before: 0, strength: 0.1 }])).toBeNull();
});
