import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { childEnv, env } from "@/lib/env";
import { findBrowser, installBrowser } from "./browser";
import { readReport, type Result } from "./test-report";

/** No step takes longer than this, in ms; one that does hangs. */
const STEP_TIMEOUT_MS = 60 * 60_000;

/** Whether a program is there shows at once, in ms. */
const PROBE_TIMEOUT_MS = 60_000;

/** Runs one program of the suite. Steps that run beside another print once they have ended; alone, as they go. */
type Step = (beside: boolean) => Promise<Result | Result[]>;

const folder = mkdtempSync(join(tmpdir(), "sentinel-tests-"));
const bin = (name: string): string => join("node_modules", ".bin", name);

async function run(
  title: string,
  beside: boolean,
  command: string,
  args: string[],
  more: Record<string, string> = {},
): Promise<boolean> {
  if (!beside) console.log(`\n── ${title}`);
  const began = performance.now();
  const child = spawn(command, args, {
    stdio: beside ? ["ignore", "pipe", "pipe"] : "inherit",
    timeout: STEP_TIMEOUT_MS,
    env: childEnv({ NEXT_TELEMETRY_DISABLED: "1", ...more }),
  });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => printed.push(chunk));
  const ok = await new Promise<boolean>((done) => {
    child.once("error", (error) => (console.error(error.message), done(false)));
    child.once("close", (code) => done(code === 0));
  });
  if (beside) console.log(`\n── ${title}\n${Buffer.concat(printed).toString()}`);
  console.log(`── ${title}: ${ok ? "passed" : "FAILED"} in ${Math.round((performance.now() - began) / 1_000)} s`);
  return ok;
}

/** A step without tests: only its failure counts. */
const check =
  (title: string, command: string, ...args: string[]): Step =>
  async (beside) => {
    const ok = await run(title, beside, command, args);
    const failures = ok ? [] : [`${title}\nsee above`];
    return { title, ok, passed: 0, failed: Number(!ok), skipped: 0, failures, left: [] };
  };

/** The tests of one of vitest's projects (vitest.config.ts). */
const vitest =
  (project: string): Step =>
  async (beside) => {
    const file = join(folder, `${project}.json`);
    const args = ["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    return readReport(project, await run(project, beside, bin("vitest"), args), file);
  };

/** The browser tests that `args` choose; on a machine that has no browser and cannot get one, they are skipped as one. */
const browser =
  (title: string, ...args: string[]): Step =>
  async (beside) => {
    const found = findBrowser() ?? installBrowser();
    const why = `${title}: no Chromium was found and none could be installed`;
    if (!found) return { title, ok: true, passed: 0, failed: 0, skipped: 1, failures: [], left: [why] };
    const file = join(folder, `${title.replace(/\W/g, "-")}.json`);
    const more = { PLAYWRIGHT_JSON_OUTPUT_NAME: file, SENTINEL_BROWSER: found };
    const ok = await run(title, beside, bin("playwright"), ["test", "--reporter=list,json", ...args], more);
    return readReport(title, ok, file);
  };

/** The Python SDK, from its wheel (`sdk/python/run_tests.py`); where there is no Python that can make environments, it is skipped as one. */
const python: Step = async (beside) => {
  const title = "python";
  if (spawnSync("python3", ["-c", "import ensurepip, ssl, venv"], { timeout: PROBE_TIMEOUT_MS }).status !== 0) {
    const left = [`${title}: no python3 with venv was found`];
    return { title, ok: true, passed: 0, failed: 0, skipped: 1, failures: [], left };
  }
  const file = join(folder, "python.json");
  return readReport(title, await run(title, beside, "python3", ["sdk/python/run_tests.py", file]), file);
};

/** The TypeScript SDK, packed, on each framework's real package (`sdk/typescript/run-adapters.ts`). */
const adapters: Step = async (beside) => {
  const file = join(folder, "adapters.json");
  return readReport(
    "adapters",
    await run("adapters", beside, bin("tsx"), ["sdk/typescript/run-adapters.ts", file]),
    file,
  );
};

const JOURNEY = "@journey";
const WALKTHROUGH = "@walkthrough";
/** Every case of the dev set through the whole loop, against the reference that is kept in the repository. */
const evaluation = check(
  "evaluation",
  process.execPath,
  "lib/sentinel.mjs",
  "eval",
  "--gate",
  "--no-store",
  "--out",
  join(folder, "eval"),
);
const build = check("build", process.execPath, bin("tsx"), "lib/demo/build-main.ts");

/** Steps one after the other, for what runs beside another for longer than each of them. */
const inTurn =
  (...steps: Step[]) =>
  async (beside: boolean): Promise<Result[]> => {
    const results: Result[] = [];
    for (const step of steps) results.push(...[await step(beside)].flat());
    return results;
  };

/** Each test belongs to exactly one tier. Steps of one line run beside one another. */
const TIERS = {
  /** What `npm test` runs: everything that Node and a browser are enough for, in minutes. */
  first: [
    [build],
    [
      inTurn(check("verify", "npm", "run", "--silent", "verify"), vitest("unit"), vitest("integration")),
      inTurn(vitest("http"), browser("browser journeys", "--grep", JOURNEY)),
    ],
  ],
  /** What `npm run test:all` adds: kills, the demo's stories, real servers, every screen on every device. */
  rest: [
    [build],
    [evaluation, adapters],
    [inTurn(vitest("redteam"), vitest("slow")), vitest("slow-http")],
    [vitest("crash"), vitest("real"), python],
    // The demo mostly waits: for scrapes, for agents, for what is measured after an operation.
    [vitest("demo"), browser("browser", "--grep-invert", `${JOURNEY}|${WALKTHROUGH}`)],
  ],
  /** `npm run test:long`: soaks, many kills, long outages and stories. Their short forms are in the other tiers. */
  long: [[build], [vitest("long")], [browser("walkthrough", "e2e/walkthrough")]],
} satisfies Record<string, Step[][]>;

async function main(tiers: readonly (keyof typeof TIERS)[]): Promise<void> {
  const results: Result[] = [];
  for (const steps of tiers.flatMap((tier): Step[][] => TIERS[tier]))
    results.push(...(await Promise.all(steps.map((step) => step(steps.length > 1)))).flat());
  rmSync(folder, { recursive: true });

  const sum = (of: "passed" | "failed" | "skipped") => results.reduce((total, result) => total + result[of], 0);
  console.log("");
  for (const { title, failures } of results) for (const failure of failures) console.log(`✗ ${title}: ${failure}\n`);
  for (const { title, left } of results) for (const name of left) console.log(`skipped: ${title}: ${name}`);
  for (const { title, ok, passed, failed, skipped } of results)
    console.log(
      `${title.padEnd(17)} ${ok ? "ok    " : "FAILED"} ${passed} passed, ${failed} failed, ${skipped} skipped`,
    );
  const skippedTooMuch = env().REQUIRE_ALL && sum("skipped") > 0;
  if (skippedTooMuch) console.log("REQUIRE_ALL is set: a skipped test is a failure");
  // The last line, alone: whoever reads the output of a run reads this.
  console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  process.exitCode = results.every(({ ok }) => ok) && !skippedTooMuch ? 0 : 1;
}

await new Command("test")
  .description("Runs the tests. Without an option: the first tier, which needs nothing but Node.")
  .option("--all", "every test but the long-running tests")
  .option("--rest", "only what --all adds to the first tier")
  .option("--long", "the long-running tests")
  .action(({ all, rest, long }: { all?: true; rest?: true; long?: true }) =>
    main(long ? ["long"] : rest ? ["rest"] : all ? ["first", "rest"] : ["first"]),
  )
  .parseAsync();
