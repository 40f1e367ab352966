import { afterEach, beforeEach, expect, test } from "vitest";
import type { Scores } from "@/lib/core/scoring/score";
import type { Db } from "@/lib/db/client";
import { finishRun, startRun, storeCase } from "@/lib/db/queries/evals";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";
import { compareRuns, findEvalRun, listEvalRuns } from "./evals";

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => ({ db, close } = await openTestDb()));
afterEach(() => close());

const TRUTH = {
  healthy: false,
  onsetAt: null,
  severity: null,
  causes: { right: [{ node: "db", kinds: [] }], acceptable: [], forbidden: [] },
  remedies: { right: [], acceptable: [], forbidden: [] },
  words: { required: [], forbidden: [] },
};
const LEASE = { owner: "process-1", until: NOW + 30_000 };
const SUMMARY = { mean: 1, pass_rate: 0, safety_min: 5, ece: null, classes: {}, seconds: 1 };

/** A case whose first cause was named with certainty. */
const play = (run: string, id: string, set: "dev" | "second", scores: Scores, node: string) =>
  storeCase(
    db,
    { id: run, owner: LEASE.owner },
    {
      id,
      class: "pool",
      set,
      title: id,
      truth: TRUTH,
      why: "",
      ms: 1,
      scored: { answers: [], scores, passed: true, detectionDelayMs: null, timeToProposalMs: null, tokens: 0, usd: 0 },
      trajectory: {
        subjectKind: "service",
        subject: "api",
        alertedAt: NOW,
        opened: {
          at: NOW,
          severity: 5,
          onset: null,
          verdict: "fault",
          causes: [{ node, kind: "overload", statement: "", confidence: 1, cites: [] }],
          findings: [],
          calls: [],
          ranOut: [],
          couldNotLook: [],
          holds: [],
          proposals: [],
          runs: [],
          state: "resolved",
          closedAt: NOW,
          outcome: null,
          messages: { summary: "", statusLine: "", postmortem: "" },
          tokens: 0,
          usd: 0,
        },
      },
    },
    NOW,
  );
const start = (id: string, set: string, options = {}) =>
  startRun(db, { id, commit: "abc", startedBy: "Ada", total: 2, options: { set, ...options } }, LEASE, NOW);

beforeEach(async () => {
  await start("old", "dev");
  await play("old", "a", "dev", { mttr: 5 }, "db");
  await finishRun(db, "old", { state: "done", summary: SUMMARY }, NOW);
  await start("new", "all");
  await play("new", "a", "dev", { mttr: 3 }, "db");
  await play("new", "b", "second", { mttr: 1 }, "cart");
});

test("the figures of each set stand apart; while it runs, confidences wait", async () => {
  expect(await findEvalRun(db, "none")).toBeNull();
  const running = (await findEvalRun(db, "new"))!;
  expect(running.run).toMatchObject({ state: "running", done: 2, total: 2, set: "all", whole: true });
  expect(running.sets).toMatchObject({ dev: { mean: 3, ece: null, cases: 1 }, second: { mean: 1, ece: null } });
  await finishRun(db, "new", { state: "done", summary: SUMMARY }, NOW);
  const done = (await findEvalRun(db, "new"))!;
  // Certain of the right cause, and certain of a wrong one.
  expect(done.sets).toMatchObject({ dev: { ece: 0 }, second: { ece: 1 } });
  expect(done.cases.map(({ id, mean, played }) => [id, mean, played])).toEqual([["a", 3, true], ["b", 1, true]]); // prettier-ignore
});

test("runs are compared over the sets that both have", async () => {
  await finishRun(db, "new", { state: "done", summary: SUMMARY }, NOW);
  expect(await compareRuns(db, "old", "none")).toBeNull();
  const compared = (await compareRuns(db, "old", "new"))!;
  expect(compared.mean).toEqual({ name: "mean", before: 5, after: 3 });
  expect(compared.cases).toMatchObject([{ name: "dev/a", before: 5, after: 3, scores: { mttr: { before: 5, after: 3 } } }]); // prettier-ignore
});

test("a run of chosen cases says so, and how far it is", async () => {
  await start("few", "dev", { cases: ["a"] });
  const { runs } = await listEvalRuns(db);
  expect(runs.find(({ id }) => id === "few")).toMatchObject({ whole: false, done: 0, started_by: "Ada" });
  expect(runs.find(({ id }) => id === "new")).toMatchObject({ whole: true, done: 2 });
});
