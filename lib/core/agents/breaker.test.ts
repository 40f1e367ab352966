import { expect, test } from "vitest";
import { BREAKER, BREAKER_CALLS, breakerAnomaly, extend, IDENTICAL, IDENTICAL_CALLS, type Streak } from "./breaker";
import { describeAnomaly } from "./words";

test.each<[string, [hash: string, id: string | null][], number]>([
  ["the same call", [["a", "1"], ["a", "2"], ["a", "3"]], 3],
  ["asked about twice", [["a", "1"], ["a", "1"], ["a", "2"]], 2],
  ["without ids", [["a", null], ["a", null]], 2],
  ["another one in between", [["a", "1"], ["a", "2"], ["b", "3"], ["a", "4"]], 1],
])("%s", (_, calls, expected) => {
  let streak: Streak | null = null;
  for (const [hash, id] of calls) streak = extend(streak, hash, id);
  expect(streak!.calls).toBe(expected);
}); // prettier-ignore

const told = { seq: 7, at: 5, runId: "r", tool: "Bash", actionHash: "h" };
test("a breaker that opened proves a loop", () => {
  const anomaly = breakerAnomaly({ ...told, attributes: { [BREAKER]: IDENTICAL, [BREAKER_CALLS]: IDENTICAL_CALLS } })!;
  expect(anomaly).toMatchObject({ type: "repetition", verdict: "quarantine", severity: 7, runId: "r" });
  expect(describeAnomaly(anomaly)).toBe("8 identical calls in a row");
});

test.each([
  ["nothing", {}],
  ["another breaker", { [BREAKER]: "else", [BREAKER_CALLS]: 9 }],
  ["too few", { [BREAKER]: IDENTICAL, [BREAKER_CALLS]: 3 }],
  ["no number", { [BREAKER]: IDENTICAL, [BREAKER_CALLS]: "9" }],
])("%s is no loop", (_, attributes) => expect(breakerAnomaly({ ...told, attributes })).toBeNull());
