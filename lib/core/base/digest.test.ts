import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./digest";

describe("canonical JSON", () => {
  it.each<[unknown, string]>([
    // The example and the sorting example of RFC 8785, sections 3.2.2 and 3.2.3.
    [
      {
        numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        string: "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        literals: [null, true, false],
      },
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ],
    [
      {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\ud83d\ude00": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
      },
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",' +
        '"\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ],
    [-0, "0"],
    [{ b: undefined, a: [] }, '{"a":[]}'],
    ["\u2028", '"\u2028"'],
  ])("%j", (value, expected) => {
    expect(canonicalJson(value)).toBe(expected);
  });

  it.each<[string, unknown, string]>([
    ["NaN", { a: [1, Number.NaN] }, "$.a[1]: NaN is not a JSON number"],
    ["Infinity", Number.POSITIVE_INFINITY, "$: Infinity"],
    ["undefined", [undefined], "$[0]: cannot"],
    ["a hole", Array.from({ length: 1 }).concat(1), "$[0]: cannot"],
    ["a bigint", { n: 1n }, "$.n: cannot"],
    ["a function", { f: () => 1 }, "$.f: cannot"],
    ["a date", { d: new Date(0) }, "$.d: cannot"],
    ["a lone surrogate", { s: "\ud800" }, "$.s: text"],
    ["depth", Array.from({ length: 70 }).reduce((v) => [v], 1), "nested deeper than 64"],
  ])("refuses %s", (_, value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  it("reads back as the same value, and does not know the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: "grapheme" }), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(turn(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

function turn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turn);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([k, v]) => [k, turn(v)]),
  );
}
