import { describe, expect, test } from "vitest";
import {
  applyChange,
  changeId,
  changesOf,
  type Declared,
  type DeclaredChange,
  onlyChange,
  UndeclaredChange,
} from "./declared";

const TABLE = {
  share: { value: 0.5, candidates: [0.3, 0.5, 0.7], unit: "", reason: "r" },
  tone: { value: "plain", candidates: ["plain", "dry"], unit: "", reason: "r" },
} satisfies Record<string, Declared<number> | Declared<string>>;
const SOURCE = `export const TABLE = {
  share: {
    value: 0.5,
    candidates: [0.3, 0.5, 0.7],
  },
  other: {
    value: 0.5,
    candidates: [],
  },
  tone: {
    value: "plain",
  },
};
`;
const change = (over: Partial<DeclaredChange> = {}): DeclaredChange => ({
  name: "share",
  file: "t.ts",
  from: 0.5,
  to: 0.7,
  ...over,
});

test("every candidate but the value in use is a change", () => {
  expect(changesOf(TABLE, "t.ts").map(changeId)).toEqual(["share=0.3", "share=0.7", "tone=dry"]);
  expect(changesOf(TABLE, "t.ts")[1]).toEqual(change());
});

test("a change replaces one value and leaves its neighbours", () => {
  const after = applyChange(SOURCE, change());
  expect(after).toBe(SOURCE.replace("share: {\n    value: 0.5", "share: {\n    value: 0.7"));
  expect(onlyChange(SOURCE, after, change())).toEqual({ line: 3, before: "    value: 0.5,", after: "    value: 0.7," });
  expect(applyChange(SOURCE, change({ name: "tone", from: "plain", to: "dry" }))).toContain('value: "dry"');
});

test.each([
  ["another value stands there", SOURCE, change({ from: 0.4 })],
  ["no such declaration", SOURCE, change({ name: "missing" })],
  ["it stands there twice", SOURCE + SOURCE, change()],
])("refuses where %s", (_, source, wrong) => {
  expect(() => applyChange(source, wrong)).toThrow(UndeclaredChange);
});

describe("a diff that touches anything else is refused", () => {
  const good = applyChange(SOURCE, change());
  test.each([
    ["a second line", good.replace("candidates: []", "candidates: [1]")],
    ["a line more", `${good}export const MORE = 1;\n`],
    ["a line less", good.replace("  tone: {\n", "")],
    ["the other declaration's value", SOURCE.replace("other: {\n    value: 0.5", "other: {\n    value: 0.7")],
    ["another value than was tried", good.replace("0.7,\n", "0.9,\n")],
    ["nothing at all", SOURCE],
  ])("%s", (_, after) => {
    expect(() => onlyChange(SOURCE, after, change())).toThrow(UndeclaredChange);
  });
});
