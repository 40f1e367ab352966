import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "@/lib/env";
import { findBrowser, installBrowser } from "./browser";

/** No step of the suite takes longer than this, in ms; one that does hangs. */
const STEP_TIMEOUT_MS = 30 * 60_000;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const bin = (name: string): string => join("node_modules", ".bin", name);

/** Runs one step with its output shown. True when it succeeded. */
function run(title: string, command: string, args: string[], more: Record<string, string> = {}): boolean {
  console.log(`\n── ${title}`);
  const began = performance.now();
  const { status, error } = spawnSync(command, args, {
    stdio: "inherit",
    timeout: STEP_TIMEOUT_MS,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...more },
  });
  if (error) console.error(error.message);
  console.log(
    `── ${title}: ${status === 0 ? "passed" : "FAILED"} in ${Math.round((performance.now() - began) / 1_000)} s`,
  );
  return status === 0;
}

/** What Vitest's or Playwright's JSON report counted. A report that is not there counts as one failure: nothing was run. */
function read(file: string): Counts {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(file, "utf8")) as {
    numPassedTests?: number;
    numFailedTests?: number;
    numPendingTests?: number;
    numTodoTests?: number;
    stats?: { expected: number; unexpected: number; flaky: number; skipped: number };
  };
  if (report.stats) {
    const { expected, unexpected, flaky, skipped } = report.stats;
    return { passed: expected, failed: unexpected + flaky, skipped };
  }
  return {
    passed: report.numPassedTests ?? 0,
    failed: report.numFailedTests ?? 0,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
}

/** The whole suite, in the order in which a failure is cheapest to learn of. Exits 1 when anything failed, or was skipped under REQUIRE_ALL. */
function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-tests-"));
  const results: { title: string; ok: boolean; counts: Counts }[] = [];
  const vitest = (project: string) => {
    const file = join(folder, `${project}.json`);
    const args = ["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const ok = run(project, bin("vitest"), args);
    results.push({ title: project, ok, counts: read(file) });
  };

  const verified = run("verify", "npm", ["run", "--silent", "verify"]);
  for (const project of ["unit", "integration", "http", "demo"]) vitest(project);
  const browser = findBrowser() ?? installBrowser();
  if (browser) {
    const file = join(folder, "browser.json");
    const ok = run("browser", bin("playwright"), ["test", "--reporter=list,json"], {
      PLAYWRIGHT_JSON_OUTPUT_NAME: file,
      SENTINEL_BROWSER: browser,
    });
    results.push({ title: "browser", ok, counts: read(file) });
  } else {
    console.log("\n── browser: no browser was found and none could be installed; its tests are skipped");
    results.push({ title: "browser", ok: true, counts: { passed: 0, failed: 0, skipped: 1 } });
  }
  rmSync(folder, { recursive: true });

  const total = results.reduce(
    (sum, { counts }) => ({
      passed: sum.passed + counts.passed,
      failed: sum.failed + counts.failed,
      skipped: sum.skipped + counts.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
  console.log("");
  for (const { title, ok, counts } of results)
    console.log(
      `${title.padEnd(12)} ${ok ? "ok    " : "FAILED"} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
    );
  console.log(`verify       ${verified ? "ok" : "FAILED"}`);
  console.log(`total: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  const skippedTooMuch = env().REQUIRE_ALL && total.skipped > 0;
  if (skippedTooMuch) console.log("REQUIRE_ALL is set: a skipped test is a failure");
  process.exit(verified && results.every(({ ok }) => ok) && !skippedTooMuch ? 0 : 1);
}

main();
