import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { registerScenario } from "./scenario";

/** Whether the recording is held to say something else than what was found. */
const recording = vi.hoisted(() => ({ differs: false }));
vi.mock(import("@/lib/drills/views"), async (original) => {
  const real = await original();
  const verdictOf: typeof real.verdictOf = async (...of) => {
    const verdict = await real.verdictOf(...of);
    return recording.differs ? { ...verdict, right: false } : verdict;
  };
  return { ...real, verdictOf };
});

let folder: string;
let printed: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sentinel-scenario-"));
  Object.assign(process.env, { LIBSQL_URL: `file:${join(folder, "s.db")}` });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  printed = [];
  process.exitCode = undefined;
  vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});

/** Runs `sentinel scenario …`; gives the exit code that it would end with. */
async function scenario(...words: string[]): Promise<number> {
  const program = new Command("sentinel").exitOverride();
  registerScenario(program);
  await program.parseAsync(["scenario", ...words], { from: "user" });
  const code = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return code;
}

test("a drill that is diagnosed rightly ends with 0, and with what was found", async () => {
  expect(await scenario("run", "bad-deploy-01", "--json")).toBe(0);
  const run = JSON.parse(printed.join("\n")) as { verdict: { right: boolean }; story: { incident: { state: string } } };
  expect(run.verdict.right).toBe(true);
  expect(run.story.incident.state).toBe("awaiting_approval");
});

test("one that is not ends with 1, and names what it was", async () => {
  recording.differs = true;
  expect(await scenario("run", "bad-deploy-01")).toBe(1);
  expect(printed.join("\n")).toMatch(/^Wrong: it was checkout: /m);
  recording.differs = false;
});

test("with --approve it is played to its measured end", async () => {
  expect(await scenario("run", "bad-deploy-01", "--approve")).toBe(0);
  expect(printed.join("\n")).toMatch(/^resolved: recovered after/m);
});

test("what there is not is said", async () => {
  await expect(scenario("run", "no-such-thing")).rejects.toMatchObject({ code: "not_found" });
});
