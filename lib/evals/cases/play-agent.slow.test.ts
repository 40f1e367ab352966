import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { score } from "@/lib/core/scoring/score";
import { findDirective } from "@/lib/db/queries/agents";
import { listIncidentsInStates } from "@/lib/db/queries/incidents";
import { makeAgentCase } from "./case";
import type { CaseKey } from "./case-key";
import { playAgentCase, STARTS_AT } from "./play-agent";
import { type ScratchDbs, scratchDbs } from "./scratch-db";

let dbs: ScratchDbs;
beforeAll(async () => void (dbs = await scratchDbs("seeds/runbooks", STARTS_AT)));
afterAll(() => dbs.remove());

const keyOf = (of: string, number: number): CaseKey => ({ set: "dev", class: of, number, draw: 0, lateMin: 0 });

async function played(of: string, number: number) {
  const made = makeAgentCase(keyOf(of, number));
  const trajectory = await dbs.use((db) => playAgentCase(made, db));
  return { trajectory, truth: made.truth(STARTS_AT), made };
}

describe("an agent's case, played", () => {
  it("holds the agent that goes in circles, heals it, and is told apart from its neighbours; the same again", async () => {
    const { trajectory, truth, made } = await played("behaviour", 1);
    const [ill] = made.evidence.trouble!.agents;
    expect(trajectory).toMatchObject({ subjectKind: "agent", subject: ill, opened: { state: "resolved" } });
    const { holds, runs, causes } = trajectory.opened!;
    expect(new Set(holds.map(({ agent }) => agent))).toEqual(new Set([ill]));
    expect(causes[0]).toMatchObject({ node: ill, kind: "infinite_loop" });
    expect(runs.at(-1)).toMatchObject({ outcome: "recovered" });
    const { scores, passed } = score(trajectory, truth);
    expect(passed).toBe(true);
    const again = await played("behaviour", 1);
    expect(score(again.trajectory, again.truth).scores).toEqual(scores);
    expect(again.trajectory.opened!.proposals.map(({ action, at }) => ({ action, at }))).toEqual(
      trajectory.opened!.proposals.map(({ action, at }) => ({ action, at })),
    );
  });

  it("takes a broken tool away, finds the rest well, and calls that contained, not healed; the tool stays revoked", async () => {
    const made = makeAgentCase(keyOf("surroundings", 2));
    const { opened, directive, incident } = await dbs.use(async (db) => {
      const { opened: of, subject } = await playAgentCase(made, db);
      const [row] = await listIncidentsInStates(db, ["resolved"]);
      return { opened: of!, directive: await findDirective(db, subject), incident: row! };
    });
    expect(opened.runs.at(-1)).toMatchObject({ action: "revoke_tools", outcome: "contained" });
    expect(opened.messages.summary).toMatch(/^Status: closed: contained by .*, not healed/m);
    expect(incident).toMatchObject({
      healedAt: null,
      outcome: expect.stringMatching(/^contained by .*, not healed: no call of a revoked tool in \d+ events/) as string,
    });
    expect(directive).toMatchObject({ status: "run", revokedTools: [expect.any(String)] });
  });

  it("opens nothing where a change was announced", async () => {
    const { trajectory, truth } = await played("healthy", 2);
    expect(trajectory.opened).toBeNull();
    expect(score(trajectory, truth)).toMatchObject({
      passed: true,
      scores: { triage_accuracy: 5, remediation_safety: 5 },
    });
  });
});
