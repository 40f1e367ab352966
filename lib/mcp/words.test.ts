import fc from "fast-check";
import { expect, test } from "vitest";
import { containmentOf } from "./containment";
import { pageOf, quoted } from "./words";

test.each([
  ["plain", "plain"],
  ["two\nlines\r\n\tand more", "two lines and more"],
  ["right\u202Eto left\u200B", "rightto left"],
  ["bell\u0007", "bell"],
  ["a \u0000 b  c", "a b c"],
  ["x".repeat(401), `${"x".repeat(399)}…`],
  ["x".repeat(400), "x".repeat(400)],
  ["", ""],
])("%j", (given, told) => expect(quoted(given)).toBe(told));

test("whatever was reported is one bounded line of whole characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), fc.integer({ min: 1, max: 40 }), (text, max) => {
      const line = quoted(text, max);
      return line.length <= max && line.isWellFormed() && !/[\n\r\u0000-\u001f\u2028\u202e]/.test(line); // oxlint-disable-line no-control-regex
    }),
  );
});

test("a name cannot lead a link elsewhere", () =>
  expect(pageOf("https://s.example", "agents", "../x?y#z")).toBe("https://s.example/agents/..%2Fx%3Fy%23z"));

test.each([
  ["none", "none"],
  ["sent", "requested"],
  ["acknowledged", "requested"],
  ["enforced", "confirmed"],
  ["not_confirmed", "not_confirmed"],
  ["observe_only", "not_enforceable"],
] as const)("containment %s is told as %s", (state, told) =>
  expect(containmentOf({ containment: { state, live: 2, acknowledged: 1, enforced: 0, text: "t" } })).toEqual({
    state: told,
    live_instances: 2,
    acknowledged: 1,
    enforced: 0,
    text: "t",
  }),
);
