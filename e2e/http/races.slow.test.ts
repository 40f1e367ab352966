import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Approval, approvalsOf, OwnServer, until } from "./own-server";
import { SimulatedFleet } from "./simulated-fleet";

const LEARNED = 80;
const ILL = 100;
const PARALLEL = 100;
const PEOPLE = ["admin", "operator"];

/** What came of one approval, as it is in the file. */
interface Outcome {
  state: string;
  proposal: string;
  runs: number;
  sent: number;
  decisions: number;
}

describe("people at the same moment", () => {
  const server = new OwnServer();
  let fleet: SimulatedFleet;
  let busy = true;
  let load: Promise<unknown> = Promise.resolve();
  let count = 0;

  beforeAll(async () => {
    await server.setUp(PEOPLE);
    fleet = new SimulatedFleet(server.sentinel.url, server.key, 11);
    await fleet.add(["first"], "Asks", 1);
    await server.ask("PATCH", "/api/v1/agent-types/Asks", { mode: "act", threshold: 0 });
    load = (async () => {
      while (busy) for (const agent of fleet.agents.values()) await fleet.step(agent);
    })();
  });
  afterAll(async () => {
    busy = false;
    await load;
    await server.remove();
  });

  /** New agents that fall ill, each with an approval that waits. */
  async function waiting(n: number): Promise<Approval[]> {
    const ids = Array.from({ length: n }, () => `ill-${count++}`);
    await fleet.add(ids, "Asks", LEARNED);
    await until("baselines are learned", async () => {
      const rows = await server.rows<{ state: string }>(
        "SELECT state FROM agents WHERE id IN (SELECT value FROM json_each(?))",
        JSON.stringify(ids),
      );
      return rows.every(({ state }) => state === "healthy");
    });
    for (const id of ids) fleet.agents.get(id)!.factor = ILL;
    return until("every question is asked", async () => {
      const found = (await approvalsOf(server, "pending")).filter(({ subject }) => ids.includes(subject.id));
      return found.length === n && found;
    });
  }

  const decide = async ({ id, digest }: Approval, decision: "approve" | "reject", person: number): Promise<number> => {
    const role = PEOPLE[person % PEOPLE.length];
    return (await server.send("POST", `/api/v1/approvals/${id}/decision`, { decision, digest }, role)).status;
  };

  async function outcome({ id }: Approval): Promise<Outcome> {
    const [row] = await server.rows<Outcome>(
      `SELECT a.state, p.state AS proposal,
        (SELECT count(*) FROM action_runs r WHERE r.proposal_id = p.id) AS runs,
        (SELECT count(*) FROM directives d JOIN action_runs r ON r.id = d.action_run_id WHERE r.proposal_id = p.id) AS sent,
        (SELECT count(*) FROM stream_events e WHERE e.type IN ('approval.approved', 'approval.rejected')
          AND (e.data->>'$.approval' = a.id OR e.data->>'$.proposal' = p.id)) AS decisions
       FROM approvals a JOIN proposals p ON p.id = a.proposal_id WHERE a.id = ?`,
      id,
    );
    return row!;
  }

  /** The same once the loop has taken up what was approved. */
  const settled = (approval: Approval): Promise<Outcome> =>
    until("it is settled", async () => {
      const said = await outcome(approval);
      const underway = said.proposal === "approved" || (said.proposal === "executed" && said.sent === 0);
      return underway ? null : said;
    });

  const APPROVED: Outcome = { state: "approved", proposal: "executed", runs: 1, sent: 1, decisions: 1 };
  const REJECTED: Outcome = { state: "rejected", proposal: "rejected", runs: 0, sent: 0, decisions: 1 };

  const tally = (statuses: readonly number[]): Record<number, number> => {
    const counts: Record<number, number> = {};
    for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };

  it(`decide one item ${PARALLEL} times, both ways: one decision counts, and one healing or none`, async () => {
    const approvals = await waiting(3);
    for (const approval of approvals) {
      const statuses = await Promise.all(
        Array.from({ length: PARALLEL }, (_, i) => decide(approval, i % 3 === 0 ? "reject" : "approve", i)),
      );
      expect(tally(statuses)).toEqual({ 200: 1, 409: PARALLEL - 1 });
      const said = await settled(approval);
      expect(said).toEqual(said.state === "approved" ? APPROVED : REJECTED);
    }
  });

  it("decide a list and its items at once: each item is decided once", async () => {
    const approvals = await waiting(8);
    const items = approvals.map(({ id, digest }) => ({ id, digest }));
    const bulk = (decision: string, role: string) =>
      server.send("POST", "/api/v1/approvals/bulk", { decision, items }, role);
    const [lists, singles] = await Promise.all([
      Promise.all([bulk("approve", "admin"), bulk("reject", "operator"), bulk("approve", "operator")]),
      Promise.all(approvals.map((approval, i) => decide(approval, i % 2 === 0 ? "approve" : "reject", i))),
    ]);
    const done = lists.map(({ body }) => (body as { done: unknown[] }).done.length);
    const failed = lists.map(({ body }) => (body as { failed: unknown[] }).failed.length);
    expect(lists.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(done.reduce((a, b) => a + b, 0) + (tally(singles)[200] ?? 0)).toBe(approvals.length);
    expect(failed.reduce((a, b) => a + b, 0) + (tally(singles)[409] ?? 0)).toBe(3 * approvals.length);
    for (const approval of approvals) {
      const said = await settled(approval);
      expect(said).toEqual(said.state === "approved" ? APPROVED : REJECTED);
    }
  });

  it("ask for healing now, twenty at once: it is begun once", async () => {
    const [approval] = await waiting(1);
    expect(await decide(approval!, "reject", 0)).toBe(200);
    const heal = `/api/v1/incidents/${approval!.incident.id}/heal`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => server.send("POST", heal, {}, PEOPLE[i % PEOPLE.length])),
    );
    expect(tally(answers.map(({ status }) => status))).toEqual({ 200: 1, 409: 19 });
    const counts = async () => {
      const [row] = await server.rows<{ runs: number; sent: number }>(
        `SELECT (SELECT count(*) FROM action_runs WHERE incident_id = ?1) AS runs,
          (SELECT count(*) FROM directives d JOIN action_runs r ON r.id = d.action_run_id WHERE r.incident_id = ?1) AS sent`,
        approval!.incident.id,
      );
      return row!;
    };
    await until("it is carried out", async () => (await counts()).sent > 0);
    expect(await counts()).toEqual({ runs: 1, sent: 1 });
  });

  it("release and approve at once: a released agent is free, and nothing is done to it afterwards", async () => {
    const approvals = await waiting(6);
    await Promise.all(
      approvals.map(async (approval, i) => {
        const release = () =>
          server.send("POST", `/api/v1/agents/${approval.subject.id}/release`, { reason: "it is fine" }, "operator");
        const approve = () => decide(approval, "approve", 0);
        // Half of the time one is sent first, half of the time the other.
        const first = i % 2 === 0 ? release() : null;
        const approving = approve();
        const [released, approved] = await Promise.all([first ?? release(), approving]);
        // Either may lose the race; if both won, the approval came first and its action was overtaken.
        expect([200, 409]).toContain(released.status);
        expect([200, 409]).toContain(approved);
        expect([released.status, approved]).toContain(200);
        if (released.status !== 200) expect((await release()).status).toBe(200);
      }),
    );
    for (const approval of approvals) {
      const free = await until("it is settled", async () => {
        const [row] = await server.rows<{ state: string; status: string; open: number }>(
          `SELECT a.state, d.status, (SELECT count(*) FROM action_runs r WHERE r.subject_id = a.id AND r.outcome = 'pending')
            + (SELECT count(*) FROM proposals p WHERE p.subject_id = a.id AND p.state IN ('pending', 'approved')) AS open
           FROM agents a JOIN directives d ON d.agent_id = a.id AND d.version = a.directive_version WHERE a.id = ?`,
          approval.subject.id,
        );
        return row!.open === 0 && row;
      });
      expect(free).toEqual({ state: "healthy", status: "run", open: 0 });
      const { state, runs, sent, decisions } = await outcome(approval);
      expect([state, runs, sent, decisions]).toEqual(
        state === "approved" ? ["approved", runs, runs, 1] : ["void", 0, 0, 0],
      );
      expect(runs).toBeLessThanOrEqual(1);
    }
  });
});
