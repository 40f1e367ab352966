import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Db } from "../client";
import { endAbandoned, findCase, findRun, finishRun, listCasesOf, listRunning, listRuns, type PlayedCase, renewLease, resumeRun, startRun, storeCase } from "./evals"; // prettier-ignore
import { listEvents, listNewestEvents } from "./stream";
import { NOW, openTestDb } from "./test-world";

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => ({ db, close } = await openTestDb()));
afterEach(() => close());

const RUN = { id: "run-1", commit: "abc1234", startedBy: "Ada", total: 2, options: { set: "dev" } };
const LEASE = { owner: "process-1", until: NOW + 30_000 };
const MINE = { id: "run-1", owner: LEASE.owner };
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
  await startRun(db, RUN, LEASE, NOW);
  expect(await storeCase(db, MINE, played("b", false), NOW + 1)).toBe(true);
  expect(await storeCase(db, MINE, played("a", false), NOW + 2)).toBe(true);
  expect(await storeCase(db, MINE, played("b", true), NOW + 3)).toBe(true);
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
    ["eval.ended", "An evaluation finished: mean 4.20, 50 % passed"],
  ]);
});

test("a run that was stopped stores nothing more until it is taken up again; one that is done is not", async () => {
  await startRun(db, RUN, LEASE, NOW);
  await startRun(db, { ...RUN, id: "run-2" }, LEASE, NOW + 1);
  expect((await listRuns(db, 5)).map(({ id }) => id)).toEqual(["run-2", "run-1"]);
  expect(await finishRun(db, "run-1", { state: "stopped", detail: "by Ada" }, NOW + 2)).toBe(true);
  expect((await listRunning(db)).map(({ id }) => id)).toEqual(["run-2"]);
  expect(await storeCase(db, MINE, played("a", true), NOW + 3)).toBe(false);
  expect(await listCasesOf(db, "run-1")).toEqual([]);
  expect(await finishRun(db, "run-1", { state: "done", summary: SUMMARY }, NOW + 3)).toBe(false);
  // One at a time.
  expect(await resumeRun(db, "run-1", LEASE, NOW + 4)).toBe(false);
  await finishRun(db, "run-2", { state: "failed", detail: "a case broke" }, NOW + 4);
  expect(await resumeRun(db, "run-1", LEASE, NOW + 4)).toBe(true);
  expect(await resumeRun(db, "run-1", LEASE, NOW + 4)).toBe(false);
  expect(await findRun(db, "run-1")).toMatchObject({ state: "running", endedAt: null, detail: null });
  expect(await storeCase(db, MINE, played("a", true), NOW + 5)).toBe(true);
  await finishRun(db, "run-1", { state: "done", summary: SUMMARY }, NOW + 6);
  expect(await resumeRun(db, "run-1", LEASE, NOW + 7)).toBe(false);
});

test("one that begins alone does not while another goes on", async () => {
  const begin = (id: string, now: number) => startRun(db, { ...RUN, id }, LEASE, now, { only: true });
  const both = await Promise.all([begin("run-1", NOW), begin("run-2", NOW)]);
  expect(both.filter(Boolean)).toHaveLength(1);
  expect(await listRuns(db, 5)).toHaveLength(1);
  expect((await listEvents(db, 0, 10)).map(({ type }) => type)).toEqual(["eval.started"]);
});

test("a run is its owner's: who was overtaken stores nothing and ends nothing", async () => {
  await startRun(db, RUN, LEASE, NOW);
  const next = { owner: "process-2", until: NOW + 60_000 };
  expect(await renewLease(db, "run-1", LEASE.owner, next)).toBe(true);
  expect(await renewLease(db, "run-1", LEASE.owner, LEASE)).toBe(false);
  expect(await storeCase(db, MINE, played("a", true), NOW + 1)).toBe(false);
  expect(await finishRun(db, "run-1", { state: "failed", detail: "late" }, NOW + 1, LEASE.owner)).toBe(false);
  expect(await storeCase(db, { id: "run-1", owner: next.owner }, played("a", true), NOW + 1, { done: 1, total: 2 })).toBe(true);
  expect((await listEvents(db, 0, 10)).at(-1)).toMatchObject({ type: "eval.progress", data: { run: "run-1", done: 1, total: 2 } });
  expect(await listNewestEvents(db, 10)).toMatchObject([{ type: "eval.started" }]);
}); // prettier-ignore

test("a run whose process is gone ends as interrupted and can be taken up again; one that is heard of goes on", async () => {
  await startRun(db, RUN, LEASE, NOW);
  await storeCase(db, MINE, played("a", true), NOW + 1);
  await endAbandoned(db, LEASE.until - 1);
  expect(await findRun(db, "run-1")).toMatchObject({ state: "running" });
  await endAbandoned(db, LEASE.until);
  expect(await findRun(db, "run-1")).toMatchObject({
    state: "interrupted",
    endedAt: LEASE.until,
    detail: "The process ended after 1 of 2 cases",
  });
  expect((await listEvents(db, 0, 10)).at(-1)).toMatchObject({ type: "eval.ended", data: { state: "interrupted" } });
  expect(await storeCase(db, MINE, played("b", true), NOW + 2)).toBe(false);
  expect(await resumeRun(db, "run-1", { owner: "process-2", until: NOW + 60_000 }, NOW + 3)).toBe(true);
  expect((await listCasesOf(db, "run-1")).map(({ caseId }) => caseId)).toEqual(["a"]);
});

test("of a process of this machine that was killed the kernel tells, before its lease is over", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", "-e", OWNER], { stdio: ["pipe", "pipe", "inherit"] });
  const [named] = (await once(child.stdout, "data")) as [Buffer];
  await startRun(db, RUN, { owner: named.toString().trim(), until: NOW + 30_000 }, NOW);
  await endAbandoned(db, NOW);
  expect(await findRun(db, "run-1")).toMatchObject({ state: "running" });
  child.kill("SIGKILL");
  await once(child, "exit");
  await endAbandoned(db, NOW);
  // Where the kernel does not tell, the lease does.
  expect((await findRun(db, "run-1"))!.state).toBe(existsSync("/proc/self/ns/pid") ? "interrupted" : "running");
});

/** A process that says under which name it would own a run, and stays. */
const OWNER = `import("./lib/db/owner.ts").then(({ newOwner }) => { console.log(newOwner()); process.stdin.resume(); });`;
