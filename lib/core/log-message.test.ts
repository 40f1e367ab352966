import fc from "fast-check";
import { expect, it } from "vitest";
import { messageOf } from "./log-message";

it.each([
  ["plain text", "plain text", null],
  ['{"level":50,"msg":"it broke"}', "it broke", "error"],
  ['{"level":45,"msg":"odd level"}', "odd level", "warn"],
  ['{"severity":"ERROR","message":"it broke"}', "it broke", "error"],
  ['{"log":"from a container\\n","stream":"stderr"}', "from a container", null],
  ['{"message":{"a":1},"msg":"second choice"}', "second choice", null],
  ['{"a":1}', '{"a":1}', null],
  ['{"msg":"cut o', '{"msg":"cut o', null],
  ["{}", "{}", null],
  ["", "", null],
])("messageOf(%j)", (line, text, level) => expect(messageOf(line)).toEqual({ text, level }));

it("never throws", () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (line) => typeof messageOf(line).text === "string"));
});
