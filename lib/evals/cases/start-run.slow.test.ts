import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Db, write } from "@/lib/db/client";
import { findRun, listCasesOf, listRuns } from "@/lib/db/queries/evals";
import { agentRow, incidentRow, insert, NOW, openTestDb } from "@/lib/db/queries/test-world";
import { parseEnv } from "@/lib/env";
import { commitOf } from "./checkout";
import { evalOffer } from "./offer";
import { resumeEvaluation, startEvaluation, stopEvaluation } from "./start-run";

const ADA = { id: "Ada", name: "Ada" };
/** Cases are played at low priority: on a busy machine they wait until everybody else has had their turn. */
const LONG_MS = 20 * 60_000;
const waiting = { timeout: LONG_MS / 2, interval: 100 };
const TWO = ["content-01", "downstream-01"];
const FOUR = ["config-01", "db-pool-01", "downstream-01", "downstream-02"];

let db: Db;
let close: () => Promise<void>;
let folder: string;
beforeEach(async () => {
  const opened = await openTestDb();
  ({ db, close } = opened);
  folder = mkdtempSync(join(tmpdir(), "sentinel-runs-"));
  // What tsx has translated lies beside the temporary files: a new folder would have each process translate all anew.
  const translated = `tsx-${userInfo().uid}`;
  symlinkSync(join(tmpdir(), translated), join(folder, translated));
  // Of the processes that play.
  vi.stubEnv("LIBSQL_URL", opened.url);
  vi.stubEnv("TMPDIR", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await close();
  rmSync(folder, { recursive: true });
});

const stateOf = async (id: string) => (await findRun(db, id))!.state;
const until = (id: string, state: string) =>
  vi.waitFor(async () => expect(await stateOf(id), (await findRun(db, id))!.detail ?? "").toBe(state), waiting);
const playedOf = async (id: string) => (await listCasesOf(db, id)).map(({ caseId }) => caseId);
const nothingLeft = () =>
  vi.waitFor(
    () => expect(readdirSync(folder).filter((name) => name.startsWith("sentinel-eval-"))).toEqual([]),
    waiting,
  );
const refused = (code: string, detail: unknown = expect.anything()) =>
  expect.objectContaining({ code, message: detail });

/** What is told of the run itself. */
const TOLD: Record<string, string> = {
  stream_events: " WHERE type NOT LIKE 'eval.%'",
  audit_log: " WHERE action NOT LIKE 'evaluation.%'",
};

/** Every row of every table but those that evaluations are kept in, and the news of them. */
async function restOf(): Promise<Record<string, unknown[]>> {
  const all = (sql: string) => db.$client.execute(sql);
  const { rows } = await all("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'");
  const own = new Set(["eval_runs", "eval_cases", "sqlite_sequence"]);
  const rest: Record<string, unknown[]> = {};
  for (const { name } of rows as unknown as { name: string }[]) {
    if (own.has(name)) continue;
    const where = TOLD[name] ?? "";
    rest[name] = (await all(`SELECT * FROM "${name}"${where}`)).rows.map((row) => JSON.stringify(row));
  }
  return rest;
}

describe("a run from the console", { timeout: LONG_MS }, () => {
  test("plays cases in processes of its own and changes nothing else of the real database", async () => {
    await insert(db, "agents", [agentRow("a-1")]);
    await insert(db, "incidents", [incidentRow("i-1", {})]);
    const before = await restOf();
    expect(Object.keys(before).length).toBeGreaterThan(40);
    const id = await startEvaluation(db, { set: "dev", cases: TWO, model: false }, ADA, Date.now());
    await expect(startEvaluation(db, { set: "dev", model: false }, ADA, Date.now())).rejects.toEqual(refused("conflict", expect.stringContaining(id)));
    // This event loop goes on meanwhile: the longest that it was held up.
    let last = performance.now();
    let longest = 0;
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 10);
    await until(id, "done");
    clearInterval(beat);
    expect(await playedOf(id)).toEqual(TWO);
    expect(await findRun(db, id)).toMatchObject({ commit: await commitOf(), startedBy: "Ada", judge: null, summary: { pass_rate: 1 } });
    expect(await restOf()).toEqual(before);
    expect(longest).toBeLessThan(2_000);
    // What was played on is thrown away.
    await nothingLeft();
  }); // prettier-ignore

  test("is stopped by a person, keeps what it has, and is taken up again", async () => {
    const id = await startEvaluation(db, { set: "dev", cases: FOUR, model: false }, ADA, Date.now());
    await vi.waitFor(async () => expect((await playedOf(id)).length).toBeGreaterThan(0), waiting);
    await stopEvaluation(db, id, ADA, Date.now());
    expect(await findRun(db, id)).toMatchObject({ state: "stopped", detail: "by Ada" });
    await expect(stopEvaluation(db, id, ADA, Date.now())).rejects.toEqual(refused("conflict"));
    await nothingLeft();
    const kept = (await listCasesOf(db, id)).map(({ caseId, at }) => [caseId, at]);
    expect(kept.length).toBeLessThan(FOUR.length);
    await resumeEvaluation(db, id, { id: "Ada", name: "Ada" }, Date.now());
    await until(id, "done");
    const all = (await listCasesOf(db, id)).map(({ caseId, at }) => [caseId, at]);
    expect(all).toHaveLength(FOUR.length);
    expect(all).toEqual(expect.arrayContaining(kept));
    await expect(resumeEvaluation(db, id, { id: "Ada", name: "Ada" }, Date.now())).rejects.toEqual(refused("conflict"));
  });

  test.runIf(existsSync("/proc/self/ns/pid"))(
    "whose process is killed is interrupted, and is taken up again",
    async () => {
      const id = await startEvaluation(db, { set: "dev", cases: FOUR, model: false }, ADA, Date.now());
      await vi.waitFor(async () => expect((await playedOf(id)).length).toBeGreaterThan(0), waiting);
      const pid = Number((await findRun(db, id))!.owner!.split("/")[1]);
      expect(pid).not.toBe(process.pid);
      process.kill(pid, "SIGKILL");
      await until(id, "interrupted");
      expect((await findRun(db, id))!.detail).toMatch(/^The process ended after \d of 4 cases$/);
      await nothingLeft();
      await resumeEvaluation(db, id, { id: "Ada", name: "Ada" }, Date.now());
      await until(id, "done");
      expect(await playedOf(id)).toEqual(FOUR);
    },
  );
});

describe("what cannot be run is refused and leaves nothing", () => {
  const start = (body: Partial<Parameters<typeof startEvaluation>[1]>) =>
    startEvaluation(db, { set: "dev", model: false, ...body }, ADA, NOW);

  test.each([
    ["a class that there is not", { class: "no such class" }],
    ["a case that there is not", { cases: ["no-such-case"] }],
    ["a model where none is configured", { model: true }],
  ])("%s", async (_, body) => {
    await expect(start(body)).rejects.toEqual(refused("invalid"));
    expect(await listRuns(db, 5)).toEqual([]);
  });

  test("anything where no process outlives a request: the reason is said", () => {
    expect(evalOffer(parseEnv({})).reason).toBeNull();
    expect(evalOffer(parseEnv({ SWEEPER_ENABLED: "0" })).reason).toContain("SWEEPER_ENABLED=0");
  });

  test("taking up a run of other code, of several plays a case, or that there is not", async () => {
    const row = (id: string, commit: string, options: object) =>
      write(db, [
        {
          sql: "INSERT INTO eval_runs (id, state, commit_hash, started_by, started_at, total, options) VALUES (?, 'failed', ?, 'Ada', 1, 1, ?)",
          args: [id, commit, JSON.stringify({ set: "dev", ...options })],
        },
      ]);
    await row("other", "0000000", {});
    await row("often", await commitOf(), { repeat: 2 });
    await expect(resumeEvaluation(db, "other", { id: "Ada", name: "Ada" }, NOW)).rejects.toEqual(refused("conflict", expect.stringContaining("0000000")));
    await expect(resumeEvaluation(db, "often", { id: "Ada", name: "Ada" }, NOW)).rejects.toEqual(refused("conflict"));
    await expect(resumeEvaluation(db, "none", { id: "Ada", name: "Ada" }, NOW)).rejects.toEqual(refused("not_found"));
    await expect(stopEvaluation(db, "none", ADA, NOW)).rejects.toEqual(refused("not_found"));
    expect((await listRuns(db, 5)).map(({ state }) => state)).toEqual(["failed", "failed"]);
  }); // prettier-ignore
});
