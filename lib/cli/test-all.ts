import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "@/lib/env";
import { findBrowser, installBrowser } from "./browser";

/** No step of the suite takes longer than this, in ms; one that does hangs. */
const STEP_TIMEOUT_MS = 30 * 60_000;

interface Result {
  title: string;
  ok: boolean;
  passed: number;
  failed: number;
  skipped: number;
  /** Each failed test, with what it said. */
  failures: string[];
}

const bin = (name: string): string => join("node_modules", ".bin", name);

/** Characters of a failure's message that are said again at the end: all of it stands above. */
const MESSAGE_CHARS = 1_500;

/** Runs one step. True when it succeeded. What it prints is shown as it comes, or together once it has ended. */
async function run(
  title: string,
  command: string,
  args: string[],
  more: { env?: Record<string, string>; together?: boolean } = {},
): Promise<boolean> {
  if (!more.together) console.log(`\n── ${title}`);
  const began = performance.now();
  const child = spawn(command, args, {
    stdio: more.together ? ["ignore", "pipe", "pipe"] : "inherit",
    timeout: STEP_TIMEOUT_MS,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...more.env },
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => printed.push(chunk));
  const ok = await new Promise<boolean>((done) => {
    child.once("error", (error) => (console.error(error.message), done(false)));
    child.once("close", (code) => done(code === 0));
  });
  if (more.together) console.log(`\n── ${title}\n${Buffer.concat(printed).toString()}`);
  console.log(`── ${title}: ${ok ? "passed" : "FAILED"} in ${Math.round((performance.now() - began) / 1_000)} s`);
  return ok;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: {
    name: string;
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
  }[];
}
interface Suite {
  title: string;
  suites?: Suite[];
  specs: { title: string; ok: boolean; tests: { results: { error?: { message?: string } }[] }[] }[];
}
interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
  suites: Suite[];
}

/** What a report counted and which tests failed. A report that is not there counts as one failure: nothing was run. */
function read(title: string, ok: boolean, file: string): Result {
  if (!existsSync(file)) return { title, ok: false, passed: 0, failed: 1, skipped: 0, failures: ["nothing was run"] };
  const report = JSON.parse(readFileSync(file, "utf8")) as VitestReport | PlaywrightReport;
  if ("stats" in report) {
    const { expected, unexpected, flaky, skipped } = report.stats;
    const failures = report.suites.flatMap((suite) => failedIn(suite, ""));
    return { title, ok, passed: expected, failed: unexpected + flaky, skipped, failures };
  }
  return {
    title,
    ok,
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap(({ name, message, assertionResults }) => [
      ...(message ? [said(name, message)] : []),
      ...assertionResults
        .filter(({ status }) => status === "failed")
        .map(({ fullName, failureMessages }) => said(fullName, failureMessages.join("\n"))),
    ]),
  };
}

function failedIn({ title, suites = [], specs }: Suite, within: string): string[] {
  const path = `${within}${title} › `;
  return [
    ...specs
      .filter((spec) => !spec.ok)
      .map((spec) =>
        said(
          path + spec.title,
          spec.tests.flatMap(({ results }) => results.flatMap(({ error }) => error?.message ?? [])).join("\n"),
        ),
      ),
    ...suites.flatMap((suite) => failedIn(suite, path)),
  ];
}

const said = (name: string, message: string): string => `${name}\n${message.slice(0, MESSAGE_CHARS)}`;

/** The whole suite, in the order in which a failure is cheapest to learn of. Exits 1 when anything failed, or was skipped under REQUIRE_ALL. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-tests-"));
  const vitest = async (project: string, together = false) => {
    const file = join(folder, `${project}.json`);
    const args = ["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    return read(project, await run(project, bin("vitest"), args, { together }), file);
  };

  const steps = [
    await run("verify", "npm", ["run", "--silent", "verify"]),
    // Here, since two of the projects below start together.
    await run("build", process.execPath, [bin("tsx"), "lib/demo/build-main.ts"]),
  ];
  const results = [
    await vitest("unit"),
    await vitest("integration"),
    ...(await Promise.all([vitest("http"), vitest("crash", true)])),
    await vitest("demo"),
    await browserTests(join(folder, "browser.json")),
  ];
  rmSync(folder, { recursive: true });

  console.log("");
  for (const { title, failures } of results) for (const failure of failures) console.log(`✗ ${title}: ${failure}\n`);
  for (const { title, ok, passed, failed, skipped } of results)
    console.log(
      `${title.padEnd(12)} ${ok ? "ok    " : "FAILED"} ${passed} passed, ${failed} failed, ${skipped} skipped`,
    );
  const sum = (of: "passed" | "failed" | "skipped") => results.reduce((total, result) => total + result[of], 0);
  console.log(`verify       ${steps.every(Boolean) ? "ok" : "FAILED"}`);
  console.log(`total: ${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  const skippedTooMuch = env().REQUIRE_ALL && sum("skipped") > 0;
  if (skippedTooMuch) console.log("REQUIRE_ALL is set: a skipped test is a failure");
  process.exit(steps.every(Boolean) && results.every(({ ok }) => ok) && !skippedTooMuch ? 0 : 1);
}

async function browserTests(file: string): Promise<Result> {
  const browser = findBrowser() ?? installBrowser();
  if (browser) {
    const ok = await run("browser", bin("playwright"), ["test", "--reporter=list,json"], {
      env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file, SENTINEL_BROWSER: browser },
    });
    return read("browser", ok, file);
  }
  console.log("\n── browser: no browser was found and none could be installed; its tests are skipped");
  return { title: "browser", ok: true, passed: 0, failed: 0, skipped: 1, failures: [] };
}

await main();
