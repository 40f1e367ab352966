import { expect, test } from "vitest";
import { carryOut, markdownTable } from "./accuracy";

test("one measurement that fails is listed as failed, and the others are carried out", async () => {
  const line = { what: "a | b", target: "1", measured: "0", met: false, leaveOneOut: "0.5" };
  const seen: string[] = [];
  const all = await carryOut(
    {
      first: () => Promise.reject(new Error("no\nfile")),
      second: () => Promise.resolve([line, { ...line, met: true }]),
    },
    ({ name }) => seen.push(name),
  );
  expect(seen).toEqual(["first", "second"]);
  expect(markdownTable(all).split("\n").slice(2)).toEqual([
    "| first |  | **failed**: no file |  |  | 0 |",
    "| second: a \\| b | 1 | **missed**: 0 | 0.5 | – | 0 |",
    "| second: a \\| b | 1 | 0 | 0.5 | – |  |",
  ]);
});
