import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serviceConfig } from "@/lib/config/services";
import {
  filledAnswer,
  type FrozenAgents,
  FrozenCase,
  type FrozenFile,
  type FrozenService,
} from "@/lib/contracts/frozen-case";
import { score } from "@/lib/core/scoring/score";
import type { Trajectory } from "@/lib/core/scoring/trajectory";
import type { Truth } from "@/lib/core/scoring/truth";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { getIncident, listIncidentsInStates } from "@/lib/db/queries/incidents";
import { incidentRow, insert } from "@/lib/db/queries/test-world";
import { decide } from "@/lib/response/decide";
import { freezeIncident } from "@/lib/response/freeze";
import { trajectoryOf } from "@/lib/response/trajectory";
import { declare } from "@/lib/ingest/declare";
import { write } from "@/lib/db/client";
import { investigations } from "@/lib/db/schema";
import { TestEstate } from "@/lib/runtime/test-estate";
import { makeAgentCase } from "./case";
import { readFilledCase } from "./frozen";
import { playAgentCase, STARTS_AT } from "./play-agent";
import { playFrozenServices } from "./play-frozen";
import { playFrozenAgents } from "./play-frozen-agents";
import { type ScratchDbs, scratchDbs } from "./scratch-db";

const MINUTE = 60_000;
const ADA = { id: "user-1", name: "Ada" };
const KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const PASSWORD = "hunter2hunter2";
/** As the estate's loop is paced. */
const PACE = { watchMs: 15_000, settleMs: 30_000, verifyMs: 60_000, verifyDeadlineMs: 600_000 };
const ANSWER = {
  class: "saturation",
  why: "a worker pool of api spins",
  healthy: false,
  onset: "any",
  severity: "any",
  causes: { right: [{ node: "api", kinds: [] }], acceptable: [], forbidden: [] },
  remedies: { right: [{ action: "restart", target: "api" }], acceptable: [], forbidden: [] },
  words: { required: [["api"]], forbidden: [] },
} satisfies FrozenFile["answer"];

const folder = mkdtempSync(join(tmpdir(), "sentinel-frozen-"));
let dbs: ScratchDbs;
beforeAll(async () => void (dbs = await scratchDbs("seeds/runbooks", Date.now())));
afterAll(async () => {
  dbs.remove();
  rmSync(folder, { recursive: true });
});

const reach = (estate: TestEstate) => ({
  watched: estate.prometheus,
  allowList: estate.integrations.allowList,
  config: { ...serviceConfig(new Map()), ...PACE },
});
/** As it comes out of a file. */
const asRead = (file: unknown) => FrozenCase.parse(JSON.parse(JSON.stringify(file)));
const answered = ({ scored }: { scored: ReturnType<typeof score> }) =>
  scored.answers.map(({ id, answer }) => [id, answer]);
const scoredBy = (trajectory: Trajectory, truth: Truth) => ({ scored: score(trajectory, truth) });
const runsOf = ({ opened }: Trajectory) => opened!.runs.map(({ action, target, outcome }) => [action, target, outcome]);
const play = (of: FrozenService) => dbs.use((db) => playFrozenServices(of, db, {}));

/** The service saturates after twenty minutes, and is well again from the moment at which it is restarted. */
async function lived(estate: TestEstate): Promise<string> {
  const from = estate.now + 20 * MINUTE;
  let cured = Infinity;
  estate.measured.set("api", (signal, at) => {
    if (signal === "cpu" && at >= from && at < cured) return 0.96;
    const usual = { up: 1, cpu: 0.08, latency_p90: 0.05, errors: 0, requests: 4, memory: 8e7 }[signal];
    return usual === undefined || signal === "up" ? (usual ?? null) : usual * (1 + 0.02 * Math.sin(at / 7_919));
  });
  const lines = Array.from({ length: 40 }, (_, i): [number, string] => [
    from + i * 3_000,
    `worker ${i % 4} is busy: ${90 + i} jobs wait`,
  ]);
  estate.log("api", [...lines, [from + 5_000, `upstream refused password=${PASSWORD} and ${KEY}`]]);
  await estate.pass(22);
  const [approval] = await listPendingApprovals(estate.db);
  await decide(
    estate.db,
    approval!.id,
    { decision: "approve", digest: approval!.digest, evidenceOpened: true },
    ADA,
    estate.now,
  );
  await estate.rest();
  cured = estate.now;
  await estate.pass(14);
  return approval!.incidentId;
}

describe("an incident of services, frozen and played again", () => {
  let before: Trajectory;
  let raw: string;
  let of: FrozenService;
  let truth: Truth;
  beforeAll(async () => {
    const estate = await TestEstate.open();
    const incident = await lived(estate);
    before = await trajectoryOf(estate.db, await getIncident(estate.db, incident));
    const file = await freezeIncident(estate.db, incident, reach(estate), estate.now);
    raw = JSON.stringify(file);
    of = { ...asRead(file), answer: ANSWER } as FrozenService;
    truth = filledAnswer(of).truth;
    await estate.end();
  });

  test("comes to the same cause, remedy and measured recovery, answers the same questions, and does so each time", async () => {
    expect(before.opened).toMatchObject({ state: "resolved", runs: [{ action: "restart", outcome: "recovered" }] });
    const after = await play(of);
    const [was] = before.opened!.causes;
    expect(after.opened!.causes[0]).toMatchObject({ node: was!.node, kind: was!.kind });
    expect(after.opened!.state).toBe("resolved");
    expect(runsOf(after)).toEqual([["restart", "api", "recovered"]]);
    expect(answered(scoredBy(after, truth))).toEqual(answered(scoredBy(before, truth)));
    expect(score(await play(of), truth).scores).toEqual(score(after, truth).scores);
  });

  test("no secret of a log line reaches the file; what else it says does", () => {
    expect(raw).not.toContain(KEY);
    expect(raw).not.toContain(PASSWORD);
    expect(raw).toContain("upstream refused password=[redacted:password] and [redacted:api_key]");
  });

  test("nothing that was seen after the first thing that was done is in the evidence, and its answer is open", () => {
    const acted = before.opened!.runs[0]!.startedAt / 1_000;
    const { bundle } = of.evidence;
    expect(Math.max(...bundle.metrics!.flatMap(({ points }) => points.map(([t]) => t)))).toBeLessThan(acted);
    expect(of.recording.parts.map(({ act }) => act?.operation ?? null)).toEqual([null, "restart"]);
    expect(Math.max(...of.recording.parts[0]!.series.flatMap(({ points }) => points.map(([t]) => t)))).toBeLessThan(
      acted,
    );
    expect((JSON.parse(raw) as FrozenFile).answer).toMatchObject({ healthy: null, causes: { right: null } });
    expect(raw).not.toContain("argv");
  });

  test("an act that was not carried out then is not confirmed, though the recording goes on", async () => {
    const [operation] = of.evidence.operations;
    const other: FrozenService = {
      ...of,
      evidence: { ...of.evidence, operations: [{ ...operation!, name: "scale-up", title: "Scale up" }] },
    };
    const after = await play(other);
    expect(runsOf(after)).toEqual([["scale-up", "api", "cannot_tell"]]);
    expect(after.opened!.state).not.toBe("resolved");
  });

  test("what was not on the allow-list is not offered", async () => {
    const after = await play({ ...of, evidence: { ...of.evidence, operations: [] } });
    expect(after.opened).toMatchObject({ state: "escalated", proposals: [] });
  });

  test("after what had no effect the next act is known too, and after what did something only with it", async () => {
    const [untouched, restarted] = of.recording.parts;
    const first = (outcome: "no_effect" | "cannot_tell") => ({
      ...untouched!,
      act: { operation: "roll-back", service: "api", args: {}, outcome },
      series: [],
    });
    const withFirst = (outcome: "no_effect" | "cannot_tell"): FrozenService => ({
      ...of,
      recording: { ...of.recording, parts: [untouched!, first(outcome), restarted!] },
    });
    expect(runsOf(await play(withFirst("no_effect")))).toEqual([["restart", "api", "recovered"]]);
    expect(runsOf(await play(withFirst("cannot_tell")))).toEqual([["restart", "api", "cannot_tell"]]);
  });

  test("a file that is not filled in, or not right, is refused by the name of the field", async () => {
    const written = (value: unknown) => {
      const file = join(folder, "case.json");
      writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
      return readFilledCase(file);
    };
    await expect(written(raw)).rejects.toThrow("case.json: answer.healthy: is not filled in");
    const { causes, remedies, words } = ANSWER;
    for (const [answer, reason] of [
      [{ ...ANSWER, causes: { ...causes, right: null } }, "answer.causes.right: is not filled in"],
      [{ ...ANSWER, causes: { ...causes, right: [] } }, "answer.causes.right: is empty, and something was wrong"],
      [
        { ...ANSWER, causes: { ...causes, right: [{ node: "apo", kinds: [] }] } },
        'answer.causes.right[0].node: "apo" is not in the evidence',
      ],
      [
        { ...ANSWER, causes: { ...causes, right: [{ node: "api", kinds: ["gremlins"] }] } },
        "answer.causes.right[0].kinds[0]",
      ],
      [{ ...ANSWER, remedies: { ...remedies, right: null } }, "answer.remedies.right: is not filled in"],
      [{ ...ANSWER, words: { ...words, required: null } }, "answer.words.required: is not filled in"],
      [{ ...ANSWER, onset: "noon" }, "answer.onset"],
      [{ ...ANSWER, why: null }, "answer.why: is not filled in"],
      [{ ...ANSWER, healthful: false }, "answer.healthful"],
    ] as const)
      await expect(written({ ...of, answer }), reason).rejects.toThrow(reason);
    await expect(written({ ...of, version: 2 })).rejects.toThrow("case.json: version");
    await expect(
      written({ ...of, recording: { ...of.recording, pace: { ...of.recording.pace, watch_ms: "15s" } } }),
    ).rejects.toThrow("recording.pace.watch_ms");
    await expect(written("{")).rejects.toThrow("case.json: cannot be read as JSON");
  });

  test("an answer that stands in its evidence as a label is reported; what the allow-list calls causes is none", async () => {
    const file = join(folder, "leak.json");
    const right = [{ node: "api", kinds: ["resource_exhaustion" as const] }];
    const answer = { ...ANSWER, causes: { ...ANSWER.causes, right } };
    writeFileSync(file, JSON.stringify({ ...of, answer }));
    expect((await readFilledCase(file)).leaks).toEqual([]);
    const alerts = of.evidence.alerts.map((alert) => ({ ...alert, summary: `${alert.summary} (resource_exhaustion)` }));
    writeFileSync(file, JSON.stringify({ ...of, answer, evidence: { ...of.evidence, alerts } }));
    expect((await readFilledCase(file)).leaks).toEqual(["resource_exhaustion"]);
  });
});

describe("what an investigation saw beside lines and series", () => {
  const LOKI_KEY = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
  const SPAN = { node: "api", operation: "GET /orders", n: 40, p50_us: 900_000, p95_us: 2_000_000 };
  let before: Trajectory;
  let raw: string;
  let of: FrozenService;
  beforeAll(async () => {
    const estate = await TestEstate.open();
    const reason = `401 token=${LOKI_KEY}`;
    estate.loki = { source: "loki", read: () => Promise.resolve({ ok: false, source: "loki", reason }) };
    const changedAt = estate.now - 10 * MINUTE;
    const diff = `--- a/src/pool.ts\n+++ b/src/pool.ts\n@@ -1 +1 @@\n-  size: 50\n+  size: 5\n`;
    const change = { subject_kind: "service", subject_id: "api", kind: "deploy", to: "1.5.0", at: changedAt } as const;
    await declare(estate.db, { ...change, diff }, "key ci", changedAt);
    estate.log(
      "api",
      [300, 200, 100].map((s) => [estate.now - s * 1_000, "no free connection in the pool, size exceeded"]),
    );
    await estate.alert([{ name: "Slow", service: "api" }]);
    await estate.rest();
    const [row] = await estate.db.select().from(investigations);
    before = await trajectoryOf(estate.db, await getIncident(estate.db, row!.incidentId));
    // No source of traces tells of services by itself yet.
    const spans = [{ t: estate.now / 1_000 - 60, ...SPAN }];
    const normal = { ...row!.bundle!.normal, spans: [{ t: estate.now / 1_000 - 2 * 3_600, ...SPAN, p95_us: 90_000 }] };
    await write(estate.db, [estate.db.update(investigations).set({ bundle: { ...row!.bundle!, spans, normal } })]);
    const file = await freezeIncident(estate.db, row!.incidentId, reach(estate), estate.now + MINUTE);
    raw = JSON.stringify(file);
    of = { ...asRead(file), answer: ANSWER } as FrozenService;
    await estate.end();
  }, 120_000);

  test("is in the file: what a change changed, traces, and what could not be read, without secrets", () => {
    expect(of.evidence.bundle.changes).toMatchObject([
      { files: ["src/pool.ts"], diff: expect.stringContaining("+  size: 5") as string },
    ]);
    expect(of.evidence.bundle.spans).toMatchObject([SPAN]);
    expect(of.evidence.unread).toEqual([
      { specialist: "log_analyst", source: "loki", reason: "401 token=[redacted:api_key]" },
    ]);
    expect(raw).not.toContain(LOKI_KEY);
  });

  test("is seen and missed again", async () => {
    await dbs.use(async (db) => {
      const after = await playFrozenServices(of, db, {});
      const [read] = await db.select().from(investigations);
      expect(read!.bundle!.spans).toEqual(of.evidence.bundle.spans);
      expect(read!.bundle!.normal.spans).toEqual(of.evidence.bundle.normal!.spans);
      expect(read!.bundle!.changes[0]).toMatchObject({
        files: ["src/pool.ts"],
        diff: of.evidence.bundle.changes![0]!.diff,
      });
      const texts = after.opened!.findings.map(({ text }) => text);
      expect(texts).toContainEqual(expect.stringContaining("Its diff (src/pool.ts) changes 50 to 5: 'size: 5'"));
      expect(texts).toContain("could not read loki: 401 token=[redacted:api_key]");
      expect(after.opened!.couldNotLook).toEqual(before.opened!.couldNotLook);
      expect(after.opened!.causes[0]).toMatchObject({
        node: before.opened!.causes[0]!.node,
        kind: before.opened!.causes[0]!.kind,
      });
    });
  }, 60_000);

  test("a file from before that has none of it is played as it stands", async () => {
    const { unread: _unread, ...evidence } = of.evidence;
    const older = asRead({ ...of, evidence }) as FrozenService;
    expect((await play(older)).opened!.couldNotLook).toEqual([]);
  }, 60_000);
});

describe("an incident of agents, frozen and played again", () => {
  const made = makeAgentCase({ set: "dev", class: "behaviour", number: 1, draw: 0, lateMin: 0 });
  const truth = made.truth(STARTS_AT);
  let before: Trajectory;
  let of: FrozenAgents;
  beforeAll(async () => {
    const estate = await TestEstate.open();
    await dbs.use(async (db) => {
      before = await playAgentCase(made, db);
      const [incident] = await listIncidentsInStates(db, ["resolved"]);
      of = asRead(await freezeIncident(db, incident!.id, reach(estate), incident!.closedAt! + MINUTE)) as FrozenAgents;
    });
    await estate.end();
  });

  test("is found, held, healed and measured as it was, and answers the same questions", async () => {
    const after = await dbs.use((db) => playFrozenAgents(of, db));
    const [was] = before.opened!.causes;
    expect(after.opened!.causes[0]).toMatchObject({ node: was!.node, kind: was!.kind });
    expect(after.opened!.holds.map(({ agent }) => agent)).toEqual(before.opened!.holds.map(({ agent }) => agent));
    expect(runsOf(after)).toEqual(runsOf(before));
    expect(answered(scoredBy(after, truth))).toEqual(answered(scoredBy(before, truth)));
  });

  test("holds the vitals before and after, and says nothing of who reported them with which key", () => {
    const ill = of.evidence.agents.find(({ id }) => id === of.evidence.subjects[0])!;
    expect(ill.before.length).toBeGreaterThan(100);
    expect(
      of.recording.agents.find(({ id }) => id === ill.id)!.parts.map(({ order }) => order?.status ?? null),
    ).toEqual(expect.arrayContaining([null, "quarantined", "run"]));
    expect(JSON.stringify(of)).not.toMatch(/key_|keyId|directive_hash/);
  });

  test("what had not been ordered then is not confirmed", async () => {
    const parts = (list: FrozenAgents["recording"]["agents"][number]["parts"]) =>
      list.map((part) =>
        part.order?.status === "run"
          ? { ...part, order: { ...part.order, revoked_tools: ["a tool that nobody has"] } }
          : part,
      );
    const other: FrozenAgents = {
      ...of,
      recording: {
        ...of.recording,
        agents: of.recording.agents.map(({ id, parts: list }) => ({ id, parts: parts(list) })),
      },
    };
    const after = await dbs.use((db) => playFrozenAgents(other, db));
    expect(after.opened!.runs.length).toBeGreaterThan(0);
    expect(after.opened!.runs.map(({ outcome }) => outcome)).not.toContain("recovered");
  });
});

test("what was not investigated, and what is about no service or agent, cannot be frozen", async () => {
  const estate = await TestEstate.open();
  await insert(estate.db, "incidents", [
    incidentRow("inc-open", { kind: "service" }),
    incidentRow("inc-limit", { kind: "limit" }),
  ]);
  for (const id of ["inc-open", "inc-limit"])
    await expect(freezeIncident(estate.db, id, reach(estate), estate.now)).rejects.toMatchObject({ code: "conflict" });
  await expect(freezeIncident(estate.db, "inc-none", reach(estate), estate.now)).rejects.toMatchObject({
    code: "not_found",
  });
  await estate.end();
});
