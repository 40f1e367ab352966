import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readReport } from "./test-report";

const folder = mkdtempSync(join(tmpdir(), "sentinel-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(report: object, ok = true) {
  const file = join(folder, "report.json");
  writeFileSync(file, JSON.stringify(report));
  return readReport("unit", ok, file);
}
const file = (name: string, message: string, ...tests: [fullName: string, status: string, ...said: string[]][]) => ({
  name,
  message,
  assertionResults: tests.map(([fullName, status, ...failureMessages]) => ({ fullName, status, failureMessages })),
});

it("counts vitest's tests, names what failed and what was skipped", () => {
  const tests = file(
    "a",
    "",
    ["good", "passed"],
    ["bad", "failed", "Error: 1"],
    ["left", "pending"],
    ["later", "todo"],
  );
  expect(read({ testResults: [tests] })).toEqual({
    title: "unit",
    ok: false,
    passed: 1,
    failed: 1,
    skipped: 2,
    failures: ["bad\nError: 1"],
    left: ["left", "later"],
  });
});

it("takes a file that could not be read as tests for a failure", () => {
  expect(read({ testResults: [file("a.test.ts", "SyntaxError")] })).toMatchObject({
    ok: false,
    failed: 1,
    failures: ["a.test.ts\nSyntaxError"],
  });
});

it("counts Playwright's tests by their path; one that passed at a second try failed", () => {
  const spec = (title: string, status: string, message?: string) => ({
    title,
    tests: [{ status, results: [message ? { error: { message } } : {}] }],
  });
  const inner = { title: "on a phone", specs: [spec("map", "unexpected", "timeout"), spec("list", "flaky", "late")] };
  const suites = [{ title: "x.spec.ts", specs: [spec("top", "expected"), spec("off", "skipped")], suites: [inner] }];
  expect(read({ suites, errors: [] })).toMatchObject({
    ok: false,
    passed: 1,
    failed: 2,
    skipped: 1,
    failures: ["x.spec.ts › on a phone › map\ntimeout", "x.spec.ts › on a phone › list\nlate"],
    left: ["x.spec.ts › off"],
  });
  expect(read({ suites: [], errors: [{ message: "no server" }] })).toMatchObject({ ok: false, failed: 1 });
});

it("is not well when the program failed, or wrote no report", () => {
  expect(read({ testResults: [file("a", "", ["good", "passed"])] }, false)).toMatchObject({
    ok: false,
    passed: 1,
    failed: 1,
  });
  expect(readReport("http", true, join(folder, "none.json"))).toMatchObject({ ok: false, failed: 1 });
});
