import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { write } from "@/lib/db/client";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { listTimeline } from "@/lib/db/queries/incidents";
import { listAllCauses } from "@/lib/db/queries/investigations";
import { findScores, incidentScoresView, listScoredIncidents, listUnscored } from "@/lib/db/queries/scores";
import { agentRow, incidentRow, insert, NOW } from "@/lib/db/queries/test-world";
import { incidents } from "@/lib/db/schema";
import { commandIncident } from "@/lib/response/command-incident";
import { decide } from "@/lib/response/decide";
import { giveFeedback } from "@/lib/response/feedback";
import { scoreClosed } from "@/lib/response/score";
import { giveVerdict } from "@/lib/response/verdict";
import { TestEstate } from "./test-estate";

const ADA = { id: "user-1", name: "Ada" };
const BEN = { id: "user-2", name: "Ben" };
const MINUTE = 60_000;

let estate: TestEstate;
beforeEach(async () => {
  estate = await TestEstate.open();
});
afterEach(() => estate.end());

const refused = (code: string) => expect.objectContaining({ code });

/** An incident of an agent that rules diagnosed, as it is before it ends. */
async function agentIncident(id: string, rest: Partial<Parameters<typeof incidentRow>[1]> = {}): Promise<void> {
  const { db } = estate;
  await insert(db, "agents", [agentRow(`agent-of-${id}`)]);
  await insert(db, "incidents", [incidentRow(id, rest)]);
  await insert(db, "incidentSubjects", [
    { incidentId: id, subjectKind: "agent", subjectId: `agent-of-${id}`, role: "primary" },
  ]);
  await insert(db, "findings", [
    {
      id: `f-${id}`,
      incidentId: id,
      kind: "metric_shift",
      title: "tokens rose",
      source: "detector",
      detail: {},
      at: NOW,
    },
  ]);
  await insert(db, "causes", [
    {
      id: `c-${id}`,
      incidentId: id,
      rank: 0,
      kind: "cost_overrun",
      statement: "tokens rose",
      confidence: 0.6,
      cites: [`f-${id}`],
      author: "local",
      at: NOW,
    },
  ]);
}

describe("when an incident closes", () => {
  test("a service's that measurement ended is scored in the turn that ends it, and nobody has judged it", async () => {
    const over = estate.now + 24 * MINUTE;
    const from = estate.now + 20 * MINUTE;
    estate.measured.set("api", (signal, at) => {
      if (signal === "cpu" && at >= from && at < over) return 0.96;
      const usual = { up: 1, cpu: 0.08, latency_p90: 0.05, errors: 0, requests: 4, memory: 8e7 }[signal];
      return usual === undefined || signal === "up" ? (usual ?? null) : usual * (1 + 0.02 * Math.sin(at / 7_919));
    });
    await estate.pass(22);
    const [approval] = await listPendingApprovals(estate.db);
    expect(await findScores(estate.db, approval!.incidentId)).toBeNull();
    estate.now = over - MINUTE;
    const decision = { decision: "approve", digest: approval!.digest, evidenceOpened: true } as const;
    await decide(estate.db, approval!.id, decision, ADA, estate.now);
    await estate.pass(6);
    const scored = await findScores(estate.db, approval!.incidentId);
    expect(scored).toMatchObject({ passed: null, verdicts: {}, verdictBy: null });
    expect(scored!.scores.remediation_safety).toBe(5);
    expect(scored!.timeToProposalMs).toBeLessThan(10_000);
    expect(scored!.answers.every(({ why }) => why.length > 0)).toBe(true);
    expect(scored!.answers.some(({ id }) => id === "cause_confirmed")).toBe(false);
  });

  test("an agent's is scored; one that is open, that continues as another, or that is a limit, is not", async () => {
    await agentIncident("closes");
    await agentIncident("open");
    const ended = { state: "resolved", closedAt: NOW, outcome: "over" } as const;
    await agentIncident("continues", ended);
    await agentIncident("limit", { ...ended, kind: "limit", scoreDue: false });
    await insert(estate.db, "streamEvents", [
      { at: NOW, type: "incident.resolved", incidentId: "continues", text: "Closed", data: { into: "closes" } },
    ]);
    await commandIncident(estate.db, "closes", "dismiss", undefined, ADA, NOW + MINUTE);
    await estate.turn();
    const { incidents: scored, total } = await listScoredIncidents(estate.db, 10);
    expect(scored.map(({ incident }) => incident.id)).toEqual(["closes"]);
    expect(total).toBe(1);
    // What gets no scores is not looked at again.
    expect(await listUnscored(estate.db, [], 10)).toEqual([]);
  });

  test("those of an older version are scored a few at a time; one that cannot be is left alone and stays closed", async () => {
    const old = Array.from({ length: 25 }, (_, i) => `old-${i}`);
    for (const id of old) await agentIncident(id, { state: "resolved", closedAt: NOW, outcome: "over" });
    // The stored list of what a cause cites is no list.
    await write(estate.db, [{ sql: "UPDATE causes SET cites = '7' WHERE incident_id = 'old-3'", args: [] }]);
    const unscorable = new Set<string>();
    const turns = [];
    for (let turn = 0; turn < 5; turn++) turns.push(await scoreClosed(estate.db, unscorable, NOW));
    expect(turns.reduce((sum, n) => sum + n)).toBe(24);
    expect(Math.max(...turns)).toBeLessThanOrEqual(10);
    expect([...unscorable]).toEqual(["old-3"]);
    const [left] = (await estate.db.select().from(incidents)).filter(({ id }) => id === "old-3");
    expect(left).toMatchObject({ state: "resolved", closedAt: NOW });
  });
});

describe("verdicts", () => {
  const closed = { state: "resolved", closedAt: NOW, outcome: "over" } as const;
  const scoredOne = async () => {
    await agentIncident("i", closed);
    await scoreClosed(estate.db, new Set(), NOW);
  };
  const read = async () => (await incidentScoresView(estate.db, "i"))!.scored!;

  test("complete the scores, and a person may change their mind", async () => {
    await scoredOne();
    const before = await read();
    expect(before).toMatchObject({ passed: null, verdicts: { cause_right: null, hold_right: null } });
    await giveVerdict(estate.db, "i", { cause_right: false }, ADA, NOW + 1);
    const wrong = await read();
    expect(wrong.scores.root_cause_correctness).toBeLessThanOrEqual(1);
    expect(wrong).toMatchObject({ verdict_by: "Ada", verdicts: { cause_right: false } });
    expect(wrong.passed).not.toBeNull();
    await giveVerdict(estate.db, "i", { cause_right: true, hold_right: true }, BEN, NOW + 2);
    const right = await read();
    expect(right.scores.root_cause_correctness).toBeGreaterThan(wrong.scores.root_cause_correctness!);
    expect(right).toMatchObject({ verdict_by: "Ben", verdicts: { cause_right: true, hold_right: true } });
    expect((await listTimeline(estate.db, "i")).map(({ type, text }) => [type, text])).toEqual([
      ["incident.verdict", "Verdict of Ada: the top cause was wrong"],
      ["incident.verdict", "Verdict of Ben: the top cause was right, the quarantine decision was right"],
    ]);
  });

  test("the one on the first cause and its thumb are one thing, whichever comes first", async () => {
    await agentIncident("i", closed);
    await write(estate.db, [{ sql: "UPDATE causes SET kind = 'unknown' WHERE id = 'c-i'", args: [] }]);
    await giveFeedback(estate.db, "i", "c-i", 1, ADA, NOW);
    await scoreClosed(estate.db, new Set(), NOW);
    expect(await read()).toMatchObject({ verdicts: { cause_right: true }, verdict_by: "Ada" });
    await giveVerdict(estate.db, "i", { cause_right: false }, BEN, NOW + 1);
    expect(await listAllCauses(estate.db, "i")).toMatchObject([{ feedback: -1, feedbackBy: "Ben" }]);
    await giveFeedback(estate.db, "i", "c-i", 1, ADA, NOW + 2);
    expect(await read()).toMatchObject({ verdicts: { cause_right: true }, verdict_by: "Ada" });
  });

  test("are refused while it is open, of what there is not, and where there is no incident", async () => {
    await agentIncident("open");
    const say = (id: string, said: Parameters<typeof giveVerdict>[2]) => giveVerdict(estate.db, id, said, ADA, NOW);
    await expect(say("open", { cause_right: true })).rejects.toEqual(refused("conflict"));
    await expect(say("none", { cause_right: true })).rejects.toEqual(refused("not_found"));
    await scoredOne();
    await expect(say("i", { remedy_right: true })).rejects.toEqual(refused("invalid"));
  });

  test("of two at once one is kept and the other hears of it", async () => {
    await scoredOne();
    const both = await Promise.allSettled([
      giveVerdict(estate.db, "i", { hold_right: true }, ADA, NOW),
      giveVerdict(estate.db, "i", { hold_right: false }, BEN, NOW),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });
});
