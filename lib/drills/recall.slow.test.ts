import { afterAll, beforeAll, expect, test } from "vitest";
import { EMPTY_ALLOW_LIST } from "@/lib/actions/service/allow-list";
import { DEFAULT_LIMITS, DEFAULT_METRICS } from "@/lib/core/services/signals";
import { realOperator } from "@/lib/actions/service/index";
import type { Db } from "@/lib/db/client";
import { openTestDb } from "@/lib/db/queries/test-world";
import { findStory } from "@/lib/views/service-story";
import { pushedLogs } from "@/lib/evidence/logs-pushed";
import { commandIncident } from "@/lib/response/command-incident";
import { serviceTurn } from "@/lib/runtime/service-turn";
import { freshRuntime } from "@/lib/runtime/service-runtime";
import type { Integrations } from "@/lib/response/services/context";
import { loadRecording } from "./load-recording";
import { listScenarios, loadScenario } from "./scenarios";

const PERSON = { id: "user-1", name: "Ada" };
const CONFIG = {
  watchMs: 15_000,
  rateWindow: "1m",
  noDataMs: 300_000,
  settleMs: 0,
  verifyMs: 60_000,
  verifyDeadlineMs: 60_000,
  approvalTtlMs: 3_600_000,
  groupWaitMs: 0,
  signals: { metrics: DEFAULT_METRICS, limits: DEFAULT_LIMITS },
  overrides: new Map(),
};
const WORLD: Integrations = {
  prometheus: null,
  watched: null,
  logs: (db) => [pushedLogs(db)],
  kubernetes: null,
  repositories: null,
  allowList: EMPTY_ALLOW_LIST,
  operator: realOperator({ env: {}, github: null, now: Date.now }),
  chains: {},
  embedder: null,
};
/** Between two recordings, which share services: what belongs to one is no evidence of another. */
const APART_MS = 30 * 3_600_000;
const RECALL_AIM = 0.9;
/** One after another, as these incidents have always been measured: what came before is remembered, so that the order matters. */
const ORDER = [
  "bad-deploy-01",
  "db-pool-02",
  "db-pool-01",
  "bad-deploy-02",
  "downstream-01",
  "memory-leak-02",
  "downstream-02",
  "config-01",
  "memory-leak-01",
  "config-02",
];

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => ({ db, close } = await openTestDb()));
afterAll(() => close());

/** Fires a recorded incident, has it investigated, reads what was found, and closes it. */
async function live(id: string, now: number) {
  const runtime = freshRuntime();
  const incident = await loadRecording(db, await loadScenario(id, now), now);
  for (let turn = 0; turn < 3; turn++) {
    await serviceTurn({
      db,
      integrations: WORLD,
      config: CONFIG,
      runtime,
      clock: () => now,
      wake: () => undefined,
      wakeIn: () => undefined,
    });
    await Promise.all(runtime.pending);
  }
  const story = (await findStory(db, incident))!;
  expect(story.investigation).toMatchObject({ state: "done" });
  await commandIncident(db, incident, "dismiss", undefined, PERSON, now);
  return story;
}

test("the same incident twice: the second investigation's triage cites the first", async () => {
  const ids = ORDER;
  expect(ids.toSorted()).toEqual((await listScenarios()).map(({ id }) => id));
  const first = new Map<string, string>();
  const now = Date.now();
  const at = (i: number) => now - (2 * ids.length - i) * APART_MS;
  for (const [i, id] of ids.entries()) first.set(id, (await live(id, at(i))).incident.id);
  const table: object[] = [];
  let found = 0;
  for (const [i, id] of ids.entries()) {
    const { investigation, causes } = await live(id, at(ids.length + i));
    const { similar, reports } = investigation!.report!;
    const place = similar.findIndex(({ id: past }) => past === first.get(id)) + 1;
    const cited = reports.some(({ node, text }) => node === "triage" && text.includes(first.get(id)!));
    if (place >= 1 && place <= 3) {
      found += 1;
      expect(cited, id).toBe(true);
    }
    table.push({
      scenario: id,
      "place of the first": place || "missing",
      "cited by triage": cited,
      verdict: investigation!.verdict,
      cause: causes[0] ? `${causes[0].node}: ${causes[0].kind}` : "none",
    });
  }
  console.table(table);
  console.info(`recall@3 over the scenarios: ${found} of ${ids.length} (aim ${RECALL_AIM})`);
  expect(found / ids.length).toBeGreaterThanOrEqual(RECALL_AIM);
});
