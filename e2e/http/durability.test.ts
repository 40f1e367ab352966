import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Approval, approvalsOf, OwnServer, until } from "./own-server";
import { type Agent, type Directive, SimulatedFleet } from "./simulated-fleet";

/**
 * The process is killed at a random moment of a busy life, again and again, on one file. What it acknowledged must be
 * there after each restart, once; what waited must wait; who was held must be held; what was half done must get done once.
 */
const LONG = process.env["LONG"] === "1";
const ROUNDS = LONG ? 20 : 5;
/** Where a kill hits, only the machine knows: rounds go on until one hit a healing half way, but not for ever. */
const ROUNDS_MOST = 60;
/** Chooses vitals, batches and the moments of the kills: fixed in the suite, fresh in the long trial. */
const SEED = LONG ? Date.now() % 1_000_000 : Number(process.env["PROPERTY_SEED"]);
/** Healthy calls before anything happens: a baseline. */
const LEARNED = 80;
/** Agents a round: of a type that asks before it heals, and of one that heals by itself. */
const ASKING = 5;
const BY_ITSELF = 2;
/** How long after a person's answer the kill may wait, in ms. */
const KILL_WITHIN_MS = 200;
const ILL = 100;

interface Held {
  agent: string;
  directive: Directive;
  /** Nobody has asked for its healing: its directive may not have moved at all. */
  untouched: boolean;
}

describe(`kill -9 under load, at least ${ROUNDS} times (seed ${SEED})`, () => {
  const server = new OwnServer();
  let fleet: SimulatedFleet;
  const table: Record<string, string | number>[] = [];
  /** Approvals that a person's request was under way for when the process died: approved or pending, both are right. */
  const underWay = new Set<string>();

  beforeAll(async () => {
    await server.setUp();
    fleet = new SimulatedFleet(server.sentinel.url, server.key, SEED);
    for (const type of ["Asks", "Heals"]) {
      await fleet.add([`${type}-first`], type, 1);
      await server.ask("PATCH", `/api/v1/agent-types/${type}`, {
        mode: "act",
        threshold: type === "Asks" ? 0 : 10.1,
        allows: ["none", "reversible", "hard_to_undo"],
      });
    }
  });
  afterAll(async () => {
    console.table(table);
    await server.remove();
  });

  it("keeps what it acknowledged, round after round", async () => {
    let hits = 0;
    for (let n = 1; n <= ROUNDS || (hits === 0 && n <= ROUNDS_MOST); n++) hits += await round(n);
    expect(hits, "no kill ever hit a healing half way: this proved nothing").toBeGreaterThan(0);
  });

  it("leaves nothing half done, and nothing done twice", async () => {
    await until("what was cut off is resumed", async () => {
      const { approved, started, sent } = await leftHalfDone();
      return approved + started + sent === 0;
    });
    const twice = await server.rows(
      `SELECT proposal_id, count(*) AS n FROM action_runs GROUP BY 1 HAVING n > 1
       UNION ALL SELECT action_run_id, count(*) AS n FROM directives WHERE action_run_id IS NOT NULL GROUP BY 1 HAVING n > 1`,
    );
    expect(twice).toEqual([]);
    const neverRun = await server.rows(
      `SELECT a.id FROM approvals a JOIN proposals p ON p.id = a.proposal_id
       WHERE a.state = 'approved' AND p.state <> 'void' AND NOT EXISTS (SELECT 1 FROM action_runs r WHERE r.proposal_id = p.id)`,
    );
    expect(neverRun).toEqual([]);
    const unsent = await server.rows(
      `SELECT r.id FROM action_runs r WHERE r.state = 'done' AND NOT EXISTS (SELECT 1 FROM directives d WHERE d.action_run_id = r.id)`,
    );
    expect(unsent).toEqual([]);
  });

  it("has judged every event once", async () => {
    fleet.url = server.sentinel.url;
    await until("the sweep has caught up", async () => {
      const [row] = await server.rows<{ lag: number }>(
        "SELECT count(*) AS lag FROM agent_events e JOIN shards s ON s.id = e.shard WHERE e.seq > s.cursor",
      );
      return row!.lag === 0;
    });
    await server.stop();
    const wrong = await server.rows(
      `SELECT a.id, a.event_count, count(e.seq) AS stored FROM agents a LEFT JOIN agent_events e ON e.agent_id = a.id
       GROUP BY a.id HAVING a.event_count <> stored`,
    );
    expect(wrong).toEqual([]);
    expect(await server.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  });

  /** One life and death of the server. How many healings the kill hit half way. */
  async function round(round: number): Promise<number> {
    fleet.url = server.sentinel.url;
    const asking = Array.from({ length: ASKING }, (_, i) => `asks-${round}-${i}`);
    const alone = Array.from({ length: BY_ITSELF }, (_, i) => `heals-${round}-${i}`);
    await fleet.add(asking, "Asks", LEARNED);
    await fleet.add(alone, "Heals", LEARNED);
    await baselines([...asking, ...alone]);

    const load = keepBusy();
    for (const id of [...asking, ...alone]) fleet.agents.get(id)!.factor = ILL;
    await until("every question is asked", async () => {
      const pending = new Set((await approvalsOf(server, "pending")).map((approval) => approval.subject.id));
      return asking.every((id) => pending.has(id));
    });
    const pending = await approvalsOf(server, "pending");
    // Most rounds die while a person's approvals are carried out, some while nobody does anything.
    const decided = round % 3 === 0 ? [] : pending.slice(0, ASKING - 1);
    for (const { id } of decided) underWay.add(id);
    const answer = decided.length > 0 ? approveAll(decided) : Promise.resolve(null);
    await wait(fleet.random() * KILL_WITHIN_MS);
    const held = heldNow(asking.filter((id) => !decided.some((approval) => approval.subject.id === id)));
    const known = new Set(fleet.acknowledged);
    await server.kill();
    load.stop();
    await load.done;
    const confirmed = await answer;

    const halfDone = await leftHalfDone();
    const begun = await begunOf(decided);
    const stored = await storedOnce(known);
    const unanswered = fleet.unanswered.length;
    await server.start();
    fleet.url = server.sentinel.url;
    const restartedMs = await stillHeld(held);
    const waiting = await stillPending(pending, confirmed);
    const retried = await fleet.retry();
    expect(await storedOnce(fleet.acknowledged)).toBeGreaterThanOrEqual(fleet.acknowledged.size);
    table.push({
      round,
      "events acknowledged": known.size,
      stored,
      "unanswered requests": unanswered,
      "their events": retried.events,
      "stored before": retried.known,
      "pending kept": waiting,
      "quarantines kept": held.length,
      "told in ms": Math.round(restartedMs),
      "approvals sent": decided.length,
      "of them begun": begun,
      "approved, not begun": halfDone.approved,
      "begun, not sent": halfDone.started,
      "sent, not noted": halfDone.sent,
    });
    return halfDone.approved + halfDone.started + halfDone.sent;
  }

  async function baselines(ids: string[]): Promise<void> {
    await until("baselines are learned", async () => {
      const rows = await server.rows<{ n: number }>(
        `SELECT count(*) AS n FROM agents WHERE state = 'healthy' AND id IN (SELECT value FROM json_each(?))`,
        JSON.stringify(ids),
      );
      return rows[0]!.n === ids.length;
    });
  }

  /** Every agent reports, obeys and reports again, until it is told to stop or the server is gone. */
  function keepBusy(): { stop: () => void; done: Promise<unknown> } {
    let going = true;
    const one = async (agent: Agent) => {
      while (going && (await fleet.step(agent))) await wait(fleet.random() * 100);
    };
    return {
      stop: () => {
        going = false;
      },
      done: Promise.all([...fleet.agents.values()].slice(-3 * (ASKING + BY_ITSELF)).map(one)),
    };
  }

  /** Approves in one request; the ids that were confirmed, or null when no answer came. */
  async function approveAll(approvals: Approval[]): Promise<string[] | null> {
    const items = approvals.map(({ id, digest }) => ({ id, digest }));
    const answer = await server
      .ask<{ done: { id: string }[] }>("POST", "/api/v1/approvals/bulk", { decision: "approve", items })
      .catch(() => null);
    return answer && answer.done.map(({ id }) => id);
  }

  /** Who was told that it is held. */
  const heldNow = (untouched: string[]): Held[] =>
    [...fleet.agents.values()]
      .filter((agent) => agent.directive.status === "quarantined")
      .map(({ id, directive }) => ({ agent: id, directive, untouched: untouched.includes(id) }));

  /** A restarted instance asks before its first run. The longest that one waited, in ms. */
  async function stillHeld(held: Held[]): Promise<number> {
    let longest = 0;
    for (const { agent, directive, untouched } of held) {
      const told = await fleet.restarted(agent, `${agent}-2`);
      longest = Math.max(longest, told.ms);
      expect(told.directive.version, agent).toBeGreaterThanOrEqual(directive.version);
      if (untouched || told.directive.version === directive.version)
        expect(told.directive, agent).toMatchObject({
          version: directive.version,
          hash: directive.hash,
          status: "quarantined",
        });
    }
    return longest;
  }

  /** What waited for a person waits on, by the same digest, unless a person's own request was under way. */
  async function stillPending(before: Approval[], confirmed: string[] | null): Promise<number> {
    const now = new Map((await approvalsOf(server, "pending")).map((approval) => [approval.id, approval]));
    const waiting = before.filter(({ id }) => !underWay.has(id));
    for (const { id, digest, proposal } of waiting)
      expect(now.get(id), id).toMatchObject({ digest, state: "pending", proposal: { id: proposal.id } });
    for (const id of confirmed ?? []) expect(now.has(id), `${id} was approved`).toBe(false);
    return waiting.length;
  }

  /** Every acknowledged event is stored once, and none twice. How many are stored. */
  async function storedOnce(acknowledged: ReadonlySet<string>): Promise<number> {
    const rows = await server.rows<{ id: string; n: number }>(
      "SELECT body->>'$.attributes.id' AS id, count(*) AS n FROM agent_events GROUP BY 1",
    );
    const stored = new Map(rows.map(({ id, n }) => [id, n]));
    expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
    expect(rows.filter(({ n }) => n > 1)).toEqual([]);
    return rows.length;
  }

  async function begunOf(approvals: Approval[]): Promise<number> {
    const ids = JSON.stringify(approvals.map(({ proposal }) => proposal.id));
    const sql = "SELECT count(*) AS n FROM action_runs WHERE proposal_id IN (SELECT value FROM json_each(?))";
    return (await server.rows<{ n: number }>(sql, ids))[0]!.n;
  }

  /** Healings between a person's yes and the note that the directive was sent. */
  async function leftHalfDone(): Promise<{ approved: number; started: number; sent: number }> {
    const [row] = await server.rows<{ approved: number; started: number; sent: number }>(
      `SELECT (SELECT count(*) FROM proposals WHERE state = 'approved' AND policy = 'ask') AS approved,
        (SELECT count(*) FROM action_runs r WHERE state = 'started' AND NOT EXISTS (SELECT 1 FROM directives d WHERE d.action_run_id = r.id)) AS started,
        (SELECT count(*) FROM action_runs r WHERE state = 'started' AND EXISTS (SELECT 1 FROM directives d WHERE d.action_run_id = r.id)) AS sent`,
    );
    return row!;
  }
});
