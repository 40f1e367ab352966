import { existsSync, readFileSync } from "node:fs";

/** What came of one step: counts, and each test that failed or was skipped. */
export interface Result {
  title: string;
  ok: boolean;
  passed: number;
  failed: number;
  skipped: number;
  /** Each failed test, with what it said. */
  failures: string[];
  /** Each skipped test by its name, which says what it needs. */
  left: string[];
}

/** Characters of a failure's message that are repeated at the end: all of it stands above. */
const MESSAGE_CHARS = 1_500;

interface VitestReport {
  testResults: {
    name: string;
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
  }[];
}
interface Suite {
  title: string;
  suites?: Suite[];
  specs: Spec[];
}
interface Spec {
  title: string;
  tests: { status: "expected" | "unexpected" | "flaky" | "skipped"; results: { error?: { message?: string } }[] }[];
}
interface PlaywrightReport {
  suites: Suite[];
  errors: { message?: string }[];
}
/** One test, or one file that could not be read as tests. */
interface Line {
  name: string;
  status: "passed" | "failed" | "skipped";
  message: string;
}

/** Reads the JSON report of vitest or Playwright. One that is not there counts as a failure: nothing was run. */
export function readReport(title: string, ok: boolean, file: string): Result {
  if (!existsSync(file)) return count(title, false, [{ name: title, status: "failed", message: "nothing was run" }]);
  const report = JSON.parse(readFileSync(file, "utf8")) as VitestReport | PlaywrightReport;
  return count(title, ok, "suites" in report ? ofPlaywright(report) : ofVitest(report));
}

function count(title: string, ok: boolean, told: Line[]): Result {
  const broke: Line = { name: title, status: "failed", message: "the program itself failed: see what it printed" };
  const lines = ok || told.some(({ status }) => status === "failed") ? told : [...told, broke];
  const of = (status: Line["status"]) => lines.filter((line) => line.status === status);
  const [failed, skipped] = [of("failed"), of("skipped")];
  return {
    title,
    ok: ok && failed.length === 0,
    passed: of("passed").length,
    failed: failed.length,
    skipped: skipped.length,
    failures: failed.map(({ name, message }) => `${name}\n${message.slice(0, MESSAGE_CHARS)}`),
    left: skipped.map(({ name }) => name),
  };
}

const ofVitest = ({ testResults }: VitestReport): Line[] =>
  testResults.flatMap(({ name, message, assertionResults }) => [
    ...(message ? [{ name, status: "failed" as const, message }] : []),
    ...assertionResults.map(({ status, fullName, failureMessages }): Line => ({
      name: fullName,
      status: status === "passed" || status === "failed" ? status : "skipped",
      message: failureMessages.join("\n"),
    })),
  ]);

const ofPlaywright = ({ suites, errors }: PlaywrightReport): Line[] => [
  ...suites.flatMap((suite) => ofSuite(suite, "")),
  ...errors.map(({ message = "" }) => ({ name: "before any test", status: "failed" as const, message })),
];

function ofSuite({ title, suites = [], specs }: Suite, within: string): Line[] {
  const path = `${within}${title} › `;
  return [...specs.flatMap((spec) => ofSpec(spec, path)), ...suites.flatMap((suite) => ofSuite(suite, path))];
}

/** A flaky test failed once: there are no retries. */
const STATUS = { expected: "passed", skipped: "skipped", unexpected: "failed", flaky: "failed" } as const;

const ofSpec = ({ title, tests }: Spec, path: string): Line[] =>
  tests.map(({ status, results }) => ({
    name: path + title,
    status: STATUS[status],
    message: results.flatMap(({ error }) => error?.message ?? []).join("\n"),
  }));
