import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { serviceConfig } from "@/lib/config/services";
import { CaseReport } from "@/lib/contracts/evals";
import type { FrozenFile } from "@/lib/contracts/frozen-case";
import { closeDb, type Db, getDb } from "@/lib/db/client";
import { findCase, listRuns } from "@/lib/db/queries/evals";
import { incidents } from "@/lib/db/schema";
import { type ScriptedServer, serveScript } from "@/lib/evals/adversarial/scripted-server";
import { resumeEvaluation } from "@/lib/evals/cases/start-run";
import { freezeIncident } from "@/lib/response/freeze";
import { TestEstate } from "@/lib/runtime/test-estate";
import { compareRuns, findEvalRun, listEvalRuns } from "@/lib/views/evals";
import { registerEval } from "./eval";

const ANSWER = {
  class: "crash",
  why: "api cannot reach its database",
  healthy: false,
  onset: "any",
  severity: "any",
  causes: { right: [{ node: "api", kinds: [] }], acceptable: [], forbidden: [] },
  remedies: { right: [{ action: "restart", target: "api" }], acceptable: [], forbidden: [] },
  words: { required: [["api"]], forbidden: [] },
} satisfies FrozenFile["answer"];

const folder = mkdtempSync(join(tmpdir(), "sentinel-eval-frozen-"));
const [file, out] = [join(folder, "case.json"), join(folder, "reports")];
let judge: ScriptedServer;
let db: Db;
let id: string;

beforeAll(async () => {
  judge = await serveScript(({ text }) => {
    const [record, questions] = text.split("\n\nQuestions:\n");
    const line = JSON.parse(record!.split("\n")[1]!) as string;
    const ids = questions!.split("\n").flatMap((one) => /^(\w+): /.exec(one)?.[1] ?? []);
    return { kind: "say", text: JSON.stringify({ answers: ids.map((of) => ({ id: of, answer: "yes", line })) }) };
  });
  Object.assign(process.env, { LIBSQL_URL: `file:${join(folder, "s.db")}`, OPENAI_COMPATIBLE_URL: judge.url });
  const estate = await TestEstate.open();
  estate.log("api", [[estate.now - 60_000, "ERROR cannot reach the database"]]);
  await estate.alert([{ name: "Down", service: "api" }]);
  await estate.rest();
  const [incident] = await estate.db.select().from(incidents);
  id = incident!.id;
  const reach = {
    watched: estate.prometheus,
    allowList: estate.integrations.allowList,
    config: serviceConfig(new Map()),
  };
  writeFileSync(
    file,
    JSON.stringify({ ...(await freezeIncident(estate.db, id, reach, estate.now + 60_000)), answer: ANSWER }),
  );
  await estate.end();
  vi.spyOn(console, "log").mockImplementation(() => undefined);
}, 120_000);
afterAll(async () => {
  await closeDb();
  await judge.close();
  rmSync(folder, { recursive: true });
});

async function evaluate(...words: string[]): Promise<void> {
  const program = new Command("sentinel").exitOverride();
  registerEval(program);
  await program.parseAsync(["eval", "--frozen", file, "--out", out, ...words], { from: "user" });
  db = await getDb();
}

test("a run over frozen incidents is kept, judged and shown as any other, and only the command line plays it again", async () => {
  await evaluate("--judge", "openai-compatible/scripted-judge");
  const report = CaseReport.parse(JSON.parse(readFileSync(join(out, "eval_report.json"), "utf8")));
  expect(report).toMatchObject({ set: "frozen", cases: [{ id, set: "frozen" }], judge: { cases: 1, answered: 1 } });

  const [run] = (await listEvalRuns(db)).runs;
  expect(run).toMatchObject({ state: "done", set: "frozen", total: 1, done: 1, whole: false, part: id, summary: { mean: report.mean } }); // prettier-ignore
  expect(run!.judge).toMatchObject({ model: "openai-compatible/scripted-judge", answered: 1 });
  const detail = (await findEvalRun(db, run!.id))!;
  expect(detail.sets).toMatchObject({ dev: null, second: null, frozen: { cases: 1, mean: report.mean } });
  expect(detail.cases).toMatchObject([{ id, class: "crash", set: "frozen", played: true }]);
  const kept = (await findCase(db, run!.id, id))!;
  expect(kept.judged!.answers.length).toBeGreaterThan(10);
  expect(kept.trajectory.opened!.causes.length).toBeGreaterThan(0);

  await evaluate();
  const [again] = await listRuns(db, 1);
  expect(again!.judge).toBeNull();
  expect((await compareRuns(db, run!.id, again!.id))!.mean).toMatchObject({ before: report.mean, after: report.mean });
  await expect(resumeEvaluation(db, again!.id, { id: "Ada", name: "Ada" }, Date.now())).rejects.toMatchObject({
    code: "conflict",
  });
}, 120_000);

test("one whose file is not right is not begun, and one that is not to be kept is not kept", async () => {
  const runs = async () => (await listRuns(await getDb(), 10)).length;
  const before = await runs();
  await evaluate("--no-store");
  expect(await runs()).toBe(before);
  const of = JSON.parse(readFileSync(file, "utf8")) as { evidence: { bundle: { target: { at: number } } } };
  of.evidence.bundle.target.at = 1e12;
  writeFileSync(file, JSON.stringify(of));
  await expect(evaluate()).rejects.toThrow("target.at");
  expect(await runs()).toBe(before);
}, 120_000);
