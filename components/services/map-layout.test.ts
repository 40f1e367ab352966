import { describe, expect, test } from "vitest";
import { layOut } from "./map-layout";

const columns = (ids: string[], edges: [string, string][]) =>
  Object.fromEntries(layOut(ids, edges).map(({ id, column }) => [id, column]));

describe("layOut", () => {
  test("a callee stands right of all its callers, however long the way", () => {
    expect(
      columns(
        ["db", "web", "api", "cache"],
        [
          ["web", "api"],
          ["web", "db"],
          ["api", "db"],
          ["api", "cache"],
        ],
      ),
    ).toEqual({ web: 0, api: 1, db: 2, cache: 2 });
  });
  test("those that call each other stand together", () => {
    const at = columns(
      ["a", "b", "c", "d"],
      [
        ["a", "b"],
        ["b", "c"],
        ["c", "b"],
        ["c", "d"],
      ],
    );
    expect([at.b, at.c, at.d]).toEqual([1, 1, 2]);
  });
  test("who neither calls nor is called stands below", () => {
    const placed = layOut(["a", "b", "lone"], [["a", "b"]]);
    const lowest = Math.max(...placed.filter(({ id }) => id !== "lone").map(({ row }) => row));
    expect(placed.find(({ id }) => id === "lone")!.row).toBeGreaterThan(lowest);
  });
  test("what is not connected is laid out apart, what comes first on top", () => {
    const row = new Map(
      layOut(
        ["c", "a", "b", "d"],
        [
          ["a", "b"],
          ["c", "d"],
        ],
      ).map((node) => [node.id, node.row]),
    );
    expect(row.get("c")).toBe(row.get("d"));
    expect(row.get("a")!).toBeGreaterThan(row.get("c")!);
  });
  test("edges to unknown nodes and to oneself are left out", () => {
    expect(
      columns(["a"], [
        ["a", "a"],
        ["a", "gone"],
      ] as [string, string][]),
    ).toEqual({ a: 0 });
    expect(layOut([], [])).toEqual([]);
  });
  test("neighbours stand at the same height: no edges cross where none has to", () => {
    const placed = new Map(
      layOut(
        ["b1", "a1", "a2", "b2"],
        [
          ["a1", "b2"],
          ["a2", "b1"],
        ],
      ).map((node) => [node.id, node.row]),
    );
    expect(placed.get("a1")! < placed.get("a2")!).toBe(placed.get("b2")! < placed.get("b1")!);
  });
  test("no two nodes share a place; 500 in one chain are no trouble", () => {
    const ids = Array.from({ length: 500 }, (_, index) => `s${index}`);
    const chain = ids.slice(1).map((id, index): [string, string] => [ids[index]!, id]);
    expect(Math.max(...layOut(ids, chain).map(({ column }) => column))).toBe(499);
    const star = ids.slice(1).map((id): [string, string] => [ids[0]!, id]);
    const places = layOut(ids, star).map(({ column, row }) => `${column}/${row}`);
    expect(new Set(places).size).toBe(500);
  });
});
