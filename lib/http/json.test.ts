import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SentinelError } from "@/lib/errors";
import { MAX_DEPTH, malformedAt, parseJson } from "./json";

const refusal = (bytes: Buffer | string): SentinelError => {
  try {
    parseJson(Buffer.from(bytes));
  } catch (error) {
    if (error instanceof SentinelError) return error;
    throw error;
  }
  throw new Error("was accepted");
};

describe("where a malformed body stops being JSON", () => {
  test.each([
    ["", 0],
    ["   ", 3],
    ["{", 1],
    ["[1,]", 3],
    ["[1 2]", 3],
    ["[01]", 2],
    ["[-]", 1],
    ["[.5]", 1],
    ["[+1]", 1],
    ["[1.]", 2],
    ["tru", 0],
    ['{"a":NaN}', 5],
    ['{"a":Infinity}', 5],
    ['{"a":-Infinity}', 5],
    ['{"a" 1}', 5],
    ["{a:1}", 1],
    ["{'a':1}", 1],
    ['{"a":1,}', 7],
    ['{"a":1}}', 7],
    ['{"a":[1}', 7],
    ["]", 0],
    ['["\\x"]', 1],
    ['["\n"]', 1],
    ['["open', 1],
    ["// no\n1", 0],
    ["\ufeff1", 0],
    // Two-byte letters: the offset counts bytes, not characters.
    ['["ää" 1]', 8],
  ])("%j at byte %i", (text, offset) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(refusal(text)).toMatchObject({ code: "malformed", details: { offset } });
  });

  test("agrees with JSON.parse on every damaged text", () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", "{", "]", ",", '"', ":", "\\", "0", "e", " ", "\u0001", "nul"))
      .map(
        ([text, at, insert]) =>
          text.slice(0, at % (text.length + 1)) + insert + text.slice((at % (text.length + 1)) + 1),
      );
    fc.assert(
      fc.property(damaged, (text) => {
        try {
          JSON.parse(text);
        } catch {
          const offset = malformedAt(text);
          expect(offset).toBeLessThanOrEqual(text.length);
          // What stands before the offset can be completed; one more token cannot: so a shorter prefix is never blamed.
          expect(malformedAt(text.slice(0, offset))).toBe(offset);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

test("every JSON value comes through as JSON.parse gives it", () => {
  fc.assert(
    fc.property(fc.json({ depthSize: "medium" }), (text) => {
      expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
    }),
    { numRuns: 1_000 },
  );
});

test("a hundred thousand levels cost nothing and are refused at the first too many", () => {
  const error = refusal("[".repeat(100_000) + "]".repeat(100_000));
  expect(error).toMatchObject({ code: "invalid", details: { offset: MAX_DEPTH } });
  expect(parseJson(Buffer.from("[".repeat(MAX_DEPTH) + "]".repeat(MAX_DEPTH)))).toBeInstanceOf(Array);
});

test("brackets inside strings do not nest", () => {
  const text = JSON.stringify({ a: "[".repeat(1_000), b: '\\"[{'.repeat(500) });
  expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
});

test("bytes that are not UTF-8 are named", () => {
  expect(refusal(Buffer.from([0x22, 0x61, 0xff, 0x22]))).toMatchObject({ code: "malformed", details: { offset: 2 } });
});

test("__proto__ and constructor become plain properties and change nobody", () => {
  const value = parseJson(Buffer.from('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
  expect(Object.keys(value as object)).toEqual(["__proto__", "constructor"]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
