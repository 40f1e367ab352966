import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { filesOf } from "./written";

const keyOf = (of: string) => ({ set: "dev", class: of, number: 1, draw: 0, lateMin: 0 }) as const;

test("a recorded incident is written as its files in the repository hold it", () => {
  const { evidence, after } = filesOf(keyOf("bad deploy"));
  const kept = (folder: string) => readFileSync(`seeds/scenarios/${folder}bad-deploy-01.json`, "utf8");
  expect(evidence).toBe(kept(""));
  expect(after).toBe(kept("after/"));
});

test.each(["bad deploy", "slow leak", "surroundings"])(
  "a case of %s is JSON, and what is true stands in its answer alone",
  (of) => {
    const { evidence, after, answer } = filesOf(keyOf(of));
    const { why, truth } = JSON.parse(answer) as { why: string; truth: { causes: { right: unknown[] } } };
    expect(truth.causes.right.length).toBeGreaterThan(0);
    for (const told of [evidence, after ?? ""]) expect(told).not.toContain(why);
    expect(JSON.parse(evidence)).not.toHaveProperty("truth");
    expect(after === null).toBe(of === "surroundings");
  },
);
