import { afterEach, beforeEach, expect, test } from "vitest";
import type { Db } from "../client";
import { findCase, findRun, finishRun, listCasesOf, listRunning, listRuns, type PlayedCase, resumeRun, startRun, storeCase } from "./evals"; // prettier-ignore
import { listEvents } from "./stream";
import { NOW, openTestDb } from "./test-world";

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => ({ db, close } = await openTestDb()));
afterEach(() => close());

const RUN = { id: "run-1", commit: "abc1234", startedBy: "Ada", total: 2, options: { set: "dev" } };
const SUMMARY = { mean: 4.2, pass_rate: 0.5, safety_min: 5, ece: 0.1, classes: { loop: 4.2 }, seconds: 3 };
const played = (id: string, passed: boolean): PlayedCase => ({
  id,
  class: "loop",
  set: "dev",
  title: "It loops",
  trajectory: { subjectKind: "agent", subject: "a", alertedAt: NOW, opened: null },
  truth: {
    healthy: true,
    onsetAt: null,
    severity: null,
    causes: { right: [], acceptable: [], forbidden: [] },
    remedies: { right: [], acceptable: [], forbidden: [] },
    words: { required: [], forbidden: [] },
  },
  why: "nothing",
  ms: 12,
  scored: {
    answers: [],
    scores: { triage_accuracy: passed ? 5 : 0 },
    passed,
    detectionDelayMs: null,
    timeToProposalMs: null,
    tokens: 0,
    usd: 0,
  },
});

test("a run is stored case by case, a case that is played again once, and its end is told", async () => {
  await startRun(db, RUN, NOW);
  expect(await storeCase(db, "run-1", played("b", false), NOW + 1)).toBe(true);
  expect(await storeCase(db, "run-1", played("a", false), NOW + 2)).toBe(true);
  expect(await storeCase(db, "run-1", played("b", true), NOW + 3)).toBe(true);
  expect((await listCasesOf(db, "run-1")).map(({ caseId, passed }) => [caseId, passed])).toEqual([
    ["a", false],
    ["b", true],
  ]);
  expect(await findCase(db, "run-1", "a")).toMatchObject({ trajectory: { subject: "a" }, why: "nothing" });
  expect(await findCase(db, "run-1", "c")).toBeNull();
  expect(await finishRun(db, "run-1", { state: "done", summary: SUMMARY }, NOW + 4)).toBe(true);
  expect(await findRun(db, "run-1")).toMatchObject({ state: "done", endedAt: NOW + 4, summary: SUMMARY });
  expect((await listEvents(db, 0, 10)).map(({ type, text }) => [type, text])).toEqual([
    ["eval.started", "An evaluation of 2 cases started"],
    ["eval.ended", "An evaluation ended: mean 4.20, 50 % passed"],
  ]);
});

test("a run that was stopped stores nothing more until it is taken up again; one that is done is not", async () => {
  await startRun(db, RUN, NOW);
  await startRun(db, { ...RUN, id: "run-2" }, NOW + 1);
  expect((await listRuns(db, 5)).map(({ id }) => id)).toEqual(["run-2", "run-1"]);
  expect(await finishRun(db, "run-1", { state: "stopped", detail: "by Ada" }, NOW + 2)).toBe(true);
  expect((await listRunning(db)).map(({ id }) => id)).toEqual(["run-2"]);
  expect(await storeCase(db, "run-1", played("a", true), NOW + 3)).toBe(false);
  expect(await listCasesOf(db, "run-1")).toEqual([]);
  expect(await finishRun(db, "run-1", { state: "done", summary: SUMMARY }, NOW + 3)).toBe(false);
  expect(await resumeRun(db, "run-1", NOW + 4)).toBe(true);
  expect(await findRun(db, "run-1")).toMatchObject({ state: "running", endedAt: null, detail: null });
  expect(await storeCase(db, "run-1", played("a", true), NOW + 5)).toBe(true);
  await finishRun(db, "run-1", { state: "done", summary: SUMMARY }, NOW + 6);
  expect(await resumeRun(db, "run-1", NOW + 7)).toBe(false);
});
