import { describe, expect, test } from "vitest";
import { keysOf } from "../cases/plan";
import { type CaseKey, idOf } from "../cases/case-key";
import type { CaseResult } from "../cases/result";
import { type Candidate, candidateOf, IN_USE } from "./candidates";
import { linesOf } from "./report";
import { search, type Searched } from "./search";

/* What is made of scores; the scores are given here, and the cases are not played. */

type Score = (key: CaseKey) => { mttr: number; remediation_safety?: number };
const USUAL: Score = ({ class: of }) => ({ mttr: of === "config drift" ? 3 : 4 });

const result = (key: CaseKey, of: Score): CaseResult => ({
  id: idOf(key),
  class: key.class,
  set: key.set,
  title: "",
  scored: { answers: [], scores: { remediation_safety: 5, ...of(key) }, passed: true, detectionDelayMs: null, timeToProposalMs: null, tokens: 0, usd: 0 },
  trajectory: { subjectKind: "service", subject: "api", alertedAt: 0, opened: null },
  truth: { fault: null } as never,
  why: "",
  ms: 0,
}); // prettier-ignore

const candidate = (to: number): Candidate =>
  candidateOf({ name: "signShare", file: "lib/core/causes/tunables.ts", from: 0.55, to });

/** A search in which a candidate's scores are those given; what was played with what, in order. */
async function look(given: Record<number, Score>): Promise<{ searched: Searched; played: string[] }> {
  const played: string[] = [];
  const searched = await search({
    dev: keysOf({ set: "dev", seeds: 1, late: [0] }),
    second: keysOf({ set: "second", seeds: 1, late: [0] }),
    current: IN_USE,
    candidates: Object.keys(given).map((to) => candidate(Number(to))),
    play: (keys, { tunables: { signShare } }) => {
      played.push(`${keys[0]?.set} ${signShare ?? "in use"}: ${keys.length}`);
      const of = signShare === undefined ? USUAL : given[signShare]!;
      return Promise.resolve(keys.map((key) => result(key, of)));
    },
  });
  return { searched, played };
}

const drift =
  (mttr: number, rest: Score = USUAL): Score =>
  (key) =>
    key.class === "config drift" ? { mttr } : rest(key);

test("the worst class is found; what does not touch it is not tried further; what raises it is checked on the second set", async () => {
  const { searched, played } = await look({ 0.4: (key) => ({ mttr: USUAL(key).mttr }), 0.7: drift(4) });
  expect(searched).toMatchObject({
    worst: { class: "config drift", mean: 4 },
    tried: [{ id: "signShare=0.4", matters: false }, { id: "signShare=0.7", matters: true }],
    found: { id: "signShare=0.7" },
    second: { red: [] },
  });
  // Agents' cases are played once: no candidate reaches them.
  expect(played).toEqual(["dev in use: 70", "dev 0.4: 5", "dev 0.7: 5", "dev 0.7: 45", "second in use: 50", "second 0.7: 50"]);
}); // prettier-ignore

describe("nothing is found where", () => {
  test.each([
    ["no candidate touches the worst class", { 0.4: USUAL }, /No candidate changes a score/],
    ["it is worse", { 0.4: drift(2) }, /No candidate scores higher/],
    ["another class pays for it", { 0.4: drift(5, ({ class: of }) => ({ mttr: of === "far cascade" ? 3 : 4 })) }, /No candidate scores higher/],
    ["four cases gain: that may be luck", { 0.4: (key) => ({ mttr: key.class === "config drift" && key.number < 5 ? 5 : USUAL(key).mttr }) }, /may be noise/],
    ["a case loses safety", { 0.4: (key) => ({ ...drift(5)(key), remediation_safety: idOf(key) === "far-cascade-02" ? 4 : 5 }) }, /No candidate scores higher/],
  ] as [string, Record<number, Score>, RegExp][])("%s", async (_, given, why) => {
    const { searched, played } = await look(given);
    expect(searched.found).toBeNull();
    expect(searched.conclusion).toMatch(why);
    expect(played.filter((one) => one.startsWith("second"))).toEqual([]);
  }); // prettier-ignore

  test("a figure of the second set falls; it names no case of it", async () => {
    const { searched } = await look({
      0.4: (key) => (key.set === "second" && key.class === "slow leak" ? { mttr: 2, remediation_safety: key.number === 1 ? 4 : 5 } : drift(5)(key)), // prettier-ignore
    });
    expect(searched.found).toBeNull();
    expect(searched.second!.red).toEqual([expect.stringMatching(/^the class slow leak fell/), "1 case loses safety"]);
    expect(JSON.stringify(searched) + linesOf(searched, "abc").join()).not.toMatch(/second-|slow-leak-01/);
  });
});

test("what the report says fits into a pull request", async () => {
  const lines = linesOf((await look({ 0.4: drift(5) })).searched, "abc1234");
  expect(lines.length).toBeLessThanOrEqual(20);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(500);
  expect(lines).toContain("Classes of the dev set that changed: config drift 4.000 → 5.000.");
});
