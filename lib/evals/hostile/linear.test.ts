import { describe, expect, test } from "vitest";
import { growthOf, isLinear } from "./linear";
import { builtPatterns, literalPatterns } from "./patterns";

/** Enough to tell a square from a line in a few seconds for all patterns; `npm run measure -- hostile` tries many more. */
const QUICK = { length: 250, attacks: 40 };

describe("what makes a pattern work hard is found", () => {
  test.each([
    [/\beyJ[\w-]{8,4096}\.[\w-]{8,8192}\./g],
    [/\/+$/],
    [/\s+([.,])/g],
    [/(a+)+$/],
    [/^(a|a)*$/],
    [/\d+\.?\d*$/],
    [/<!--.*?-->/gs],
    [/(?<=x)[a-z]*y/],
    [/x[^"]*"/],
    [/(?:[a-z-]{1,30}[-.]{1,6}){1,4}z/],
  ])("%s", (pattern) => {
    expect(isLinear(growthOf(pattern, { length: 1_000, attacks: 200 }))).toBe(false);
  });

  test.each([[/[a-z]+/g], [/^\d+$/], [/(?<!\/)\/+$/], [/"[^"\n]*"/g], [/^(?:[a-z]+ )*[a-z]+$/]])(
    "%s is linear",
    (pattern) => {
      expect(isLinear(growthOf(pattern, { length: 1_000, attacks: 200 }))).toBe(true);
    },
  );
});

test("every pattern of what runs in production takes work in proportion to the text", async () => {
  const built = await builtPatterns();
  const places = new Set(built.map(({ where }) => where));
  expect(places).toContain("lib/core/evidence/instructions-rules.ts");
  const all = [...literalPatterns(), ...built];
  expect(all.length).toBeGreaterThan(300);
  const bad = all.flatMap(({ where, pattern }) => {
    const growth = growthOf(pattern, QUICK);
    return isLinear(growth) ? [] : [`${where}: ${String(pattern).slice(0, 100)} ${JSON.stringify(growth)}`];
  });
  expect(bad).toEqual([]);
});
