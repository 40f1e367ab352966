import { afterEach, beforeEach, expect, test } from "vitest";
import { EMPTY_ALLOW_LIST } from "@/lib/actions/service/allow-list";
import { withImprovement } from "@/lib/actions/service/improvement";
import { realOperator } from "@/lib/actions/service/index";
import { changesOf } from "@/lib/core/base/declared";
import { TUNABLES, TUNABLES_FILE } from "@/lib/core/causes/tunables";
import { serviceConfig } from "@/lib/config/services";
import { getIncident, listFindings } from "@/lib/db/queries/incidents";
import { listActionRunsOf, listPendingApprovals } from "@/lib/db/queries/healing";
import { openTestDb } from "@/lib/db/queries/test-world";
import { freshRuntime } from "@/lib/runtime/service-runtime";
import { contextOf, serviceTurn } from "@/lib/runtime/service-turn";
import { changeSettings } from "../settings";
import { decide } from "../decide";
import { proposeImprovement } from "./propose-improvement";

const PERSON = { id: "user-1", name: "Ada" };
const CHANGE = "signShare=0.7";
const LINES = ["signShare=0.7 is chosen.", "Dev set: mean 4.7 → 4.8."];
const DAY = 86_400_000;

let world: Awaited<ReturnType<typeof openTestDb>>;
let now: number;
beforeEach(async () => {
  world = await openTestDb();
  now = Date.UTC(2026, 4, 20, 12);
});
afterEach(() => world.close());

const turn = () => ({
  db: world.db,
  integrations: {
    prometheus: null,
    watched: null,
    logs: () => [],
    kubernetes: null,
    repositories: null,
    allowList: withImprovement(EMPTY_ALLOW_LIST, {
      owner: "acme",
      repo: "shop",
      base: "main",
      changes: changesOf(TUNABLES, TUNABLES_FILE),
    }),
    // Nothing is reached: what GitHub does is tried elsewhere.
    operator: realOperator({ env: {}, github: null, now: () => now }),
    chains: {},
    embedder: null,
  },
  config: serviceConfig(new Map()),
  runtime: freshRuntime(),
  clock: () => now,
  wake: () => undefined,
  wakeIn: () => undefined,
});
const propose = (change = CHANGE, confidence = 0.97) =>
  proposeImprovement(contextOf(turn()), { change, lines: LINES, confidence });

test.each([
  ["recommend: a person is asked", { service_mode: "recommend" }, 0.97, "ask", "awaiting_approval"],
  ["act: it runs", { service_mode: "act" }, 0.97, "run", "acting"],
  ["act, and people decide everything", { service_mode: "act", threshold: 1 }, 0.97, "ask", "awaiting_approval"],
  ["act, and the gain is doubtful", { service_mode: "act" }, 0.05, "ask", "awaiting_approval"],
  ["observe: it is only recorded", { service_mode: "observe" }, 0.97, "record", "escalated"],
  ["everything is stopped", { service_mode: "act", global_stop: true }, 0.97, "refuse", "escalated"],
] as const)("policy judges it as any act; %s", async (_, settings, confidence, policy, state) => {
  await changeSettings(world.db, settings, PERSON, now);
  const { kind, incident, proposal } = await propose(CHANGE, confidence);
  expect(kind).toBe("proposed");
  expect(proposal).toMatchObject({
    policy,
    action: "open_change_pr",
    subjectId: "sentinel",
    risk: "reversible",
    args: { change: CHANGE },
    considered: { operation: { runs: ["acme/shop", "main", TUNABLES_FILE, "- signShare: 0.55", "+ signShare: 0.7"] } },
  });
  expect(await getIncident(world.db, incident)).toMatchObject({ state, severity: 2, kind: "service" });
  expect((await listFindings(world.db, incident)).map(({ title }) => title).toSorted()).toEqual([...LINES].toSorted());
});

test("a pull request that was not opened is a person's, and is not measured or tried again", async () => {
  await changeSettings(world.db, { service_mode: "act" }, PERSON, now);
  const { incident } = await propose();
  for (let i = 0; i < 4; i++) {
    const one = turn();
    await serviceTurn(one);
    await Promise.all(one.runtime.pending);
    now += 60_000;
  }
  expect(await getIncident(world.db, incident)).toMatchObject({ state: "escalated", closedAt: null });
  expect(await listActionRunsOf(world.db, incident)).toMatchObject([{ state: "failed", outcome: "cannot_tell", detail: "No GitHub token is configured" }]); // prettier-ignore
});

test("what a person has rejected is not proposed again; another change is", async () => {
  const first = await propose();
  const [approval] = await listPendingApprovals(world.db);
  await decide(world.db, approval!.id, { decision: "reject", digest: approval!.digest, evidenceOpened: true }, PERSON, now); // prettier-ignore
  now += 40 * DAY;
  expect(await propose()).toMatchObject({ kind: "known", incident: first.incident });
  expect(await propose("signShare=0.4")).toMatchObject({ kind: "proposed" });
});

test("what is not declared cannot be proposed", async () => {
  for (const change of ["signShare=0.71", "threshold=10", ""])
    await expect(propose(change)).rejects.toThrow(/cannot be proposed: its argument change must be one of/);
});
