import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EMPTY_ALLOW_LIST } from "@/lib/actions/service/allow-list";
import { withImprovement } from "@/lib/actions/service/improvement";
import { realOperator } from "@/lib/actions/service/index";
import { serveGithub, type TestGithub } from "@/lib/actions/service/test-github";
import { PROMPT_TEXTS, PROMPT_VARIANTS, PROMPT_VARIANTS_FILE } from "@/lib/agents/investigation/prompt-variants";
import { applyChange, type DeclaredChange } from "@/lib/core/base/declared";
import { TUNABLES, TUNABLES_FILE } from "@/lib/core/causes/tunables";
import type { Db } from "@/lib/db/client";
import { findRun, listCasesOf } from "@/lib/db/queries/evals";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { findIncident, type Incident } from "@/lib/db/queries/incidents";
import { listUnscored } from "@/lib/db/queries/scores";
import { openTestDb } from "@/lib/db/queries/test-world";
import { episodes, incidents } from "@/lib/db/schema";
import { serviceConfig } from "@/lib/config/services";
import { serveScript, type ScriptedServer } from "@/lib/evals/adversarial/scripted-server";
import type { CaseResult } from "@/lib/evals/cases/result";
import { keysOf } from "@/lib/evals/cases/plan";
import { playCase } from "@/lib/evals/cases/play";
import { type ScratchDbs, scratchDbs } from "@/lib/evals/cases/scratch-db";
import { type Candidate, candidateOf, IN_USE } from "@/lib/evals/improve/candidates";
import { improve } from "@/lib/evals/improve/improve";
import { newOwner } from "@/lib/db/owner";
import { keepRun } from "@/lib/evals/cases/kept-run";
import { claimRun } from "@/lib/evals/improve/start";
import { decide } from "@/lib/response/decide";
import { changeSettings } from "@/lib/response/settings";
import type { Integrations, Variant } from "@/lib/response/services/context";
import { createIntegrations } from "@/lib/runtime/integrations";
import { parseEnv } from "@/lib/env";
import { freshRuntime } from "@/lib/runtime/service-runtime";
import { contextOf, serviceTurn } from "@/lib/runtime/service-turn";

const PERSON = { id: "user-1", name: "Ada" };
let github: TestGithub;
let world: Awaited<ReturnType<typeof openTestDb>>;
let db: Db;
let out: string;
let scratch: ScratchDbs;
beforeAll(async () => {
  scratch = await scratchDbs("seeds/runbooks", Date.now());
});
afterAll(() => scratch.remove());
beforeEach(async () => {
  github = await serveGithub(process.env["PATH"] ?? "");
  world = await openTestDb();
  ({ db } = world);
  out = mkdtempSync(join(tmpdir(), "improve-"));
});
afterEach(async () => {
  rmSync(out, { recursive: true });
  await Promise.all([github.close(), world.close()]);
});

/** The repository, as it is while `change` starts from what it starts from. */
function commit({ file, name, from, to }: DeclaredChange): void {
  const now = { ...TUNABLES, ...PROMPT_VARIANTS }[name as keyof typeof TUNABLES].value;
  const text = readFileSync(file, "utf8");
  const path = join(github.git("rev-parse", "--show-toplevel"), file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, now === from ? text : applyChange(text, { file, name, from: now, to: from }));
  github.git("add", "--all");
  github.git("commit", "--quiet", "--message", `before ${name}=${to}`);
}

const integrations = (changes: readonly DeclaredChange[]): Integrations => ({
  prometheus: null,
  watched: null,
  logs: () => [],
  kubernetes: null,
  repositories: null,
  allowList: withImprovement(EMPTY_ALLOW_LIST, { owner: "acme", repo: "shop", base: "main", changes }),
  operator: realOperator({ env: {}, github: { api: github.api, token: "ghp_0123456789" }, now: Date.now }),
  chains: {},
  embedder: null,
});
const turnOf = (list: readonly DeclaredChange[]) => ({
  db,
  integrations: integrations(list),
  config: serviceConfig(new Map()),
  runtime: freshRuntime(),
  clock: Date.now,
  wake: () => undefined,
});

/**
 * Looks for an improvement of one class among these candidates. Played in this process, since six plays would each start and end
 * processes of their own.
 */
async function look(of: string, current: Variant, list: readonly Candidate[], model?: ScriptedServer) {
  const changes = list.map(({ change }) => change);
  const owner = newOwner();
  const { id: run, total } = await claimRun(db, { startedBy: "a test", owner, seeds: 1 }, Date.now());
  const asked = { SENTINEL_ANALYSIS_MODEL: "openai-compatible/scripted", OPENAI_COMPATIBLE_URL: model?.url };
  const { chains } = model ? await createIntegrations(parseEnv(asked)) : { chains: {} };
  const keys = (set: "dev" | "second") => keysOf({ set, class: of, seeds: 1, late: [0] });
  const done = await improve({
    kept: keepRun(db, { id: run, owner, stored: [], total }),
    commit: "abc1234",
    out,
    dev: keys("dev"),
    second: keys("second"),
    current,
    candidates: list,
    async play(played, variant) {
      const results: CaseResult[] = [];
      for (const key of played) results.push(await playCase(key, scratch, chains, variant));
      return results;
    },
    context: contextOf(turnOf(changes)),
  });
  return { ...done, run, changes };
}

const only = async (): Promise<Incident> => {
  const list = await db.select().from(incidents);
  expect(list).toHaveLength(1);
  return list[0]!;
};
/** Turns of the loop until the incident is over. */
async function untilClosed(changes: readonly DeclaredChange[]): Promise<Incident> {
  const turn = { ...turnOf(changes), wakeIn: () => undefined };
  const { id } = await only();
  await expect
    .poll(async () => {
      await serviceTurn(turn);
      await Promise.all(turn.runtime.pending);
      return (await findIncident(db, id))?.closedAt;
    })
    .not.toBeNull();
  return only();
}

const tunable = (name: string, from: number, to: number): DeclaredChange => ({ name, file: TUNABLES_FILE, from, to });

describe("a number that was made worse on purpose", () => {
  const WORSE = 0.05;
  const good = tunable("changeSays", WORSE, TUNABLES.changeSays.value);

  test("is put right: a pull request with its report, at once where policy lets it", async () => {
    commit(good);
    await changeSettings(db, { service_mode: "act" }, PERSON, Date.now());
    const current: Variant = { tunables: { changeSays: WORSE }, prompts: {} };
    const { searched, proposed, run, changes } = await look("red-herring noise", current, [candidateOf(good, current)]);
    expect(searched).toMatchObject({ found: { id: "changeSays=0.9" }, worst: { class: "red-herring noise" } });
    expect(searched.validated).toMatchObject({ higher: 5, lower: 0, chance: 1 / 32 });
    expect(searched.dev!.after.mean!).toBeGreaterThan(searched.dev!.before.mean!);
    expect(searched.second!.red).toEqual([]);
    expect(proposed).toMatch(/pull request is being opened/);
    const report = readFileSync(join(out, "improve_report.md"), "utf8");
    expect(report).toContain("# Improvement: changeSays=0.9");
    // Of the second set there are totals only.
    expect(report + readFileSync(join(out, "improve_report.json"), "utf8")).not.toMatch(/second-/);

    expect(await untilClosed(changes)).toMatchObject({ state: "resolved", outcome: expect.stringMatching(/^Pull request 1 is open: .*until somebody merges it$/), healedAt: null }); // prettier-ignore
    expect(github.pulls).toMatchObject([{ base: "main", title: "tune: changeSays from 0.05 to 0.9" }]);
    const [{ body, head }] = github.pulls as [(typeof github.pulls)[number]];
    expect(body).toContain("changeSays=0.9 is chosen.");
    expect(body).toContain("Holdout set: mean");
    expect(github.git("diff", "--numstat", "main", head)).toBe(`1\t1\t${TUNABLES_FILE}`);
    expect(github.asked.some((one) => one.includes("merge"))).toBe(false);

    expect(await findRun(db, run)).toMatchObject({ state: "done", total: 70 });
    expect(await listCasesOf(db, run)).toHaveLength(5);
    // Nothing went wrong: there is nothing to learn from or to score.
    expect(await db.select().from(episodes)).toEqual([]);
    expect(await listUnscored(db, [], 10)).toEqual([]);
  });

  test("is not proposed in place of the right one", async () => {
    const bad = tunable("changeSays", TUNABLES.changeSays.value, WORSE);
    commit(bad);
    const { searched, proposed } = await look("red-herring noise", IN_USE, [candidateOf(bad)]);
    expect(searched).toMatchObject({ found: null, tried: [{ id: "changeSays=0.05", matters: true }], second: null });
    expect(searched.conclusion).toMatch(/No candidate scores higher/);
    expect(proposed).toBeNull();
    expect(readFileSync(join(out, "improve_report.md"), "utf8")).toContain("# Nothing to propose");
    expect(await db.select().from(incidents)).toEqual([]);
    expect(github.asked).toEqual([]);
  });
});

describe("a model that reads with measure under one of the prompts", () => {
  let model: ScriptedServer;
  /** With the prompt that allows one call it makes none; else it reads whatever it can, as often as it may. */
  beforeEach(async () => {
    let asked = 0;
    model = await serveScript(
      ({ system, tools }) =>
      tools.includes("request_approval") || tools.length === 0 || system.includes(PROMPT_TEXTS.reading["one-call"])
        ? { kind: "say", text: tools.length === 0 ? '{"order":[0],"statements":[],"summary":[],"doubts":[]}' : "done" }
        : { kind: "call", calls: Array.from({ length: 4 }, () => ({ name: "read_runbook", args: { query: `more ${asked++}` } })) }, // prettier-ignore
    );
  });
  afterEach(() => model.close());
  const prompt = (to: string): DeclaredChange => ({ name: "reading", file: PROMPT_VARIANTS_FILE, from: "if-it-matters", to }); // prettier-ignore

  test("that prompt becomes a pull request once a person has approved it; the other does not", async () => {
    const good = prompt("one-call");
    commit(good);
    const list = [candidateOf(prompt("rivals")), candidateOf(good)];
    const { searched, proposed, changes } = await look("slow leak", IN_USE, list, model);
    expect(searched).toMatchObject({ found: { id: "reading=one-call" }, validated: { higher: 5, lower: 0 } });
    expect(searched.tried).toContainEqual({ id: "reading=rivals", matters: false });
    expect(proposed).toMatch(/^Approval requested/);
    expect(github.pulls).toEqual([]);

    const [approval] = await listPendingApprovals(db);
    await decide(db, approval!.id, { decision: "approve", digest: approval!.digest, evidenceOpened: true }, PERSON, Date.now()); // prettier-ignore
    expect(await untilClosed(changes)).toMatchObject({ state: "resolved" });
    expect(github.pulls).toMatchObject([{ title: 'tune: reading from "if-it-matters" to "one-call"' }]);
    expect(github.git("diff", "--numstat", "main", github.pulls[0]!.head)).toBe(`1\t1\t${PROMPT_VARIANTS_FILE}`);
  });
});

test("one search at a time; what a process that is gone has left does not stand in the way for ever", async () => {
  const now = Date.now();
  const claim = (at: number) => claimRun(db, { startedBy: "a test", owner: newOwner(), seeds: 1 }, at);
  const { id: first } = await claim(now);
  await expect(claim(now)).rejects.toThrow(/only one can run at a time/);
  const { id: second } = await claim(now + 60_000);
  expect(await findRun(db, first)).toMatchObject({
    state: "interrupted",
    detail: "The process ended after 0 of 70 cases",
  });
  expect(await findRun(db, second)).toMatchObject({ state: "running", options: { improve: true } });
});
