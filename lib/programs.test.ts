import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundleOf, MADE_OF, markOf, programArgs } from "./programs.mjs";

const PROGRAM = "lib/cli/main.ts";
const OTHER = "lib/env.ts";
const BUNDLE = ".next/programs/lib/cli/main.mjs";
let checkout: string;
const at = (file: string) => join(checkout, file);
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "sentinel-programs-"));
  for (const file of [PROGRAM, OTHER, MADE_OF]) {
    mkdirSync(dirname(at(file)), { recursive: true });
    writeFileSync(at(file), "");
  }
  writeFileSync(at(MADE_OF), JSON.stringify({ [PROGRAM]: markOf(at(PROGRAM)), [OTHER]: markOf(at(OTHER)) }));
});
afterEach(() => rmSync(checkout, { recursive: true }));

test("a program runs from its bundle as long as its sources are what the bundle was made of", () => {
  expect(bundleOf(PROGRAM, checkout)).toBe(BUNDLE);
  expect(programArgs(PROGRAM, checkout)).toEqual([BUNDLE]);
});

test.each([
  ["one of its sources was edited", () => appendFileSync(at(OTHER), "x")],
  ["one of its sources is gone", () => rmSync(at(OTHER))],
  ["nothing was built", () => rmSync(at(MADE_OF))],
  ["what a build left is broken", () => writeFileSync(at(MADE_OF), "{")],
  ["the build did not know it", () => writeFileSync(at(MADE_OF), JSON.stringify({ [OTHER]: markOf(at(OTHER)) }))],
])("it runs from its sources where %s", (_, happens) => {
  happens();
  expect(bundleOf(PROGRAM, checkout)).toBeNull();
  expect(programArgs(PROGRAM, checkout)).toEqual(["--import", "tsx", PROGRAM]);
});
