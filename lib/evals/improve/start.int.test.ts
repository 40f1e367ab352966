import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TUNABLES_FILE } from "@/lib/core/causes/tunables";
import { PROMPT_VARIANTS_FILE } from "@/lib/agents/investigation/prompt-variants";
import { findRun, listRuns } from "@/lib/db/queries/evals";
import { openTestDb } from "@/lib/db/queries/test-world";
import { startImprovement } from "./start";

const e = { IMPROVE_REPOSITORY: "acme/sentinel", GITHUB_TOKEN: "ghp_0123456789" };
let folder: string;
let world: Awaited<ReturnType<typeof openTestDb>>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "checkout-"));
  world = await openTestDb();
});
afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", ...args], { cwd: folder, stdio: "pipe" }); // prettier-ignore

/** A checkout whose program notes how it was called, and ends in failure. */
function checkout(): void {
  const program = `import { writeFileSync } from "node:fs";\nwriteFileSync("called.json", JSON.stringify(process.argv.slice(2)));\nprocess.exit(3);\n`;
  const files = { [TUNABLES_FILE]: "", [PROMPT_VARIANTS_FILE]: "", "lib/evals/cases/worker.ts": "", "lib/cli/main.ts": program, "package.json": '{"type":"module"}', ".gitignore": "node_modules\ncalled.json\n" }; // prettier-ignore
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "all");
}

test("answers at once with the run, in which a process of its own goes on; one that fails ends it", async () => {
  checkout();
  const { run } = await startImprovement(world.db, Date.now(), { e, folder });
  expect(await findRun(world.db, run)).toMatchObject({ state: "running", startedBy: "cron", total: 70 });
  await expect(startImprovement(world.db, Date.now(), { e, folder })).rejects.toThrow(/only one can run at a time/);
  await expect.poll(async () => (await findRun(world.db, run))?.state).toBe("failed");
  expect(await findRun(world.db, run)).toMatchObject({ detail: "Its process could not be started: exit code 3" });
  expect(JSON.parse(readFileSync(join(folder, "called.json"), "utf8"))).toEqual([
    "improve",
    "--run",
    run,
    "--owner",
    expect.any(String),
  ]);
});

test.each([
  ["no repository is named", { ...e, IMPROVE_REPOSITORY: undefined }, checkout, /IMPROVE_REPOSITORY is not set/],
  ["there is no token", { ...e, GITHUB_TOKEN: undefined }, checkout, /GITHUB_TOKEN is not set/],
  ["there is no checkout", e, () => undefined, /does not run in one \(no git checkout\)/],
  ["it is a checkout of something else", e, () => void git("init", "--quiet") /* no commit, no files */, /does not run in one/],
  ["the checkout is changed", e, () => (checkout(), writeFileSync(join(folder, TUNABLES_FILE), "x")), /uncommitted changes/],
] as [string, typeof e, () => void, RegExp][])("refuses where %s, and begins nothing", async (_, settings, made, why) => {
  made();
  await expect(startImprovement(world.db, Date.now(), { e: settings, folder })).rejects.toThrow(why);
  expect(await listRuns(world.db, 10)).toEqual([]);
  expect(existsSync(join(folder, "called.json"))).toBe(false);
}); // prettier-ignore
