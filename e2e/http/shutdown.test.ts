import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { approvalsOf, OwnServer, until } from "./own-server";
import { killSentinel, type Sentinel, startSentinel, stopSentinel } from "./process";
import { SimulatedFleet } from "./simulated-fleet";

const LEARNED = 80;
const ILL = 100;
const STREAMS = 5;
const POLLS = 20;
/** How long each of them would wait, in s, if the shutdown did not end it. */
const POLL_S = 30;

describe("SIGTERM", () => {
  const server = new OwnServer();
  afterAll(() => server.remove());

  it(`ends ${STREAMS} streams, ${POLLS} long-polls and the process, loses nothing and decides nothing`, async () => {
    await server.setUp();
    const fleet = new SimulatedFleet(server.sentinel.url, server.key, 3);
    await fleet.add(["first"], "Asks", 1);
    await server.ask("PATCH", "/api/v1/agent-types/Asks", { mode: "act", threshold: 0 });
    await fleet.add(["a", "b", "c"], "Asks", LEARNED);
    const [a, b, c] = ["a", "b", "c"].map((id) => fleet.agents.get(id)!);
    let going = true;
    const load = [a!, b!, c!].map(async (agent) => {
      while (going && (await fleet.step(agent))) await wait(20);
    });
    await until("baselines are learned", async () => {
      const rows = await server.rows("SELECT 1 FROM agents WHERE state = 'healthy'");
      return rows.length === 3;
    });
    a!.factor = ILL;
    b!.factor = ILL;
    const pending = await until("two questions are asked", async () => {
      const approvals = await approvalsOf(server, "pending");
      return approvals.length === 2 && approvals;
    });

    const { url } = server.sentinel;
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, () => fetch(`${url}/api/v1/events/stream`, { headers: server.headers() })),
    );
    const ended = streams.map((stream) => stream.text());
    const polls = Array.from({ length: POLLS }, () =>
      fetch(`${url}/api/v1/agents/c/directive?version=99&wait=${POLL_S}`, {
        headers: { authorization: `Bearer ${server.key}` },
      }),
    );
    await until("the long-polls are held", async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return text.includes(`sentinel_directive_waiters ${POLLS}\n`);
    });

    const before = await decisions();
    const stopped = await server.stop();
    going = false;
    await Promise.all(load);
    console.log(`SIGTERM: exit code ${stopped.code} after ${stopped.ms} ms`);
    // It waited for nobody. How soon it exits by its own clock is tested beside lib/shutdown.
    expect(stopped.ms).toBeLessThan(POLL_S * 1_000);
    // 128 + 15 is how Next says that it ended in order because of the signal.
    expect([0, 143]).toContain(stopped.code);
    // Each was ended in order: a stream that breaks off or a poll without an answer would throw.
    await Promise.all(ended);
    for (const poll of await Promise.all(polls)) expect(poll.status).toBe(200);

    expect(await decisions()).toEqual(before);
    const kept = await server.rows<{ id: string; digest: string }>(
      "SELECT id, digest FROM approvals WHERE state = 'pending' ORDER BY id",
    );
    expect(kept).toEqual(pending.map(({ id, digest }) => ({ id, digest })).toSorted((x, y) => (x.id < y.id ? -1 : 1)));
    await allStored(fleet);
  });

  const decisions = () =>
    server.rows(
      "SELECT type, count(*) AS n FROM stream_events WHERE type LIKE 'approval.%' OR type LIKE 'action.%' OR type LIKE 'proposal.%' GROUP BY 1",
    );

  async function allStored(fleet: SimulatedFleet): Promise<void> {
    const rows = await server.rows<{ id: string; n: number }>(
      "SELECT body->>'$.attributes.id' AS id, count(*) AS n FROM agent_events GROUP BY 1",
    );
    expect(rows.filter(({ n }) => n > 1)).toEqual([]);
    const stored = new Set(rows.map(({ id }) => id));
    expect([...fleet.acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  }
});

describe("two servers on one file", () => {
  const server = new OwnServer();
  let second: Sentinel | null = null;
  let third: Sentinel | null = null;
  beforeAll(async () => {
    // Both find an empty file: one migrates, the other waits for it.
    const [, other] = await Promise.all([server.setUp(), startSentinel(server.env)]);
    second = other;
  });
  afterAll(async () => {
    for (const one of [second, third])
      if (one && one.process.exitCode === null && one.process.signalCode === null) await killSentinel(one);
    await server.remove();
  });

  it("judge every event once, open one incident an illness, and a third goes on when both are killed", async () => {
    const fleets = [server.sentinel.url, second!.url].map((url, i) => new SimulatedFleet(url, server.key, i + 1));
    const ids = Array.from({ length: 12 }, (_, i) => `two-${i}`);
    await fleets[0]!.add(["first"], "Heals", 1);
    await server.ask("PATCH", "/api/v1/agent-types/Heals", {
      mode: "act",
      threshold: 10.1,
      allows: ["none", "reversible", "hard_to_undo"],
    });
    for (const [i, fleet] of fleets.entries())
      await fleet.add(
        ids.filter((_, n) => n % 2 === i),
        "Heals",
        LEARNED,
      );

    let going = true;
    const load = fleets.flatMap((fleet) =>
      [...fleet.agents.values()].map(async (agent) => {
        while (going && (await fleet.step(agent))) await wait(50);
      }),
    );
    await until("baselines are learned", async () => {
      const rows = await server.rows("SELECT 1 FROM agents WHERE state = 'healthy' AND id LIKE 'two-%'");
      return rows.length === ids.length;
    });
    for (const fleet of fleets)
      for (const id of ids.slice(0, 6)) if (fleet.agents.has(id)) fleet.agents.get(id)!.factor = ILL;
    await until("six are quarantined, and healing is begun", async () => {
      const rows = await server.rows("SELECT DISTINCT subject_id AS agent_id FROM action_runs");
      return rows.length === 6;
    });
    const owners = await server.rows("SELECT DISTINCT owner FROM shards WHERE owner IS NOT NULL");
    console.log(`${owners.length} of two servers hold shards`);

    // Whichever held the shards, nobody gives them back: the third takes them when their leases are over.
    third = await startSentinel(server.env);
    await killSentinel(second!);
    await server.kill();
    for (const fleet of fleets) fleet.url = third.url;
    going = false;
    await Promise.all(load);
    for (const fleet of fleets) {
      await fleet.retry();
      for (const agent of fleet.agents.values()) await fleet.step(agent);
    }
    await caughtUp();
    await stopSentinel(third);

    expect(await server.rows(WRONGLY_COUNTED)).toEqual([]);
    const twice = await server.rows(
      `SELECT proposal_id, count(*) AS n FROM action_runs GROUP BY 1 HAVING n > 1
       UNION ALL SELECT s.subject_id, count(*) AS n FROM incidents i JOIN incident_subjects s ON s.incident_id = i.id
         WHERE i.closed_at IS NULL GROUP BY 1 HAVING n > 1`,
    );
    expect(twice).toEqual([]);
  });

  const WRONGLY_COUNTED = `SELECT a.id, a.event_count, count(e.seq) AS stored FROM agents a
    LEFT JOIN agent_events e ON e.agent_id = a.id GROUP BY a.id HAVING a.event_count <> stored`;

  const caughtUp = () =>
    until("the sweep has caught up", async () => {
      const [row] = await server.rows<{ lag: number }>(
        "SELECT count(*) AS lag FROM agent_events e JOIN shards s ON s.id = e.shard WHERE e.seq > s.cursor",
      );
      return row!.lag === 0;
    });
});
