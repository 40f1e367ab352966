import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { listDetectors } from "@/lib/db/queries/sweep";
import { openDb } from "@/lib/db/client";
import { sweep } from "./sweep";
import { createSweeper, hold, releaseDeadLeases } from "@/lib/detection/sweeper";
import { TestFleet } from "./test-fleet";

const AGENT = "a-1";
const EVENTS = 40;

describe("a shard", () => {
  let fleet: TestFleet;
  beforeEach(async () => {
    fleet = await TestFleet.open();
  });
  afterEach(() => fleet.close());

  const send = () => fleet.send(Array.from({ length: EVENTS }, () => fleet.call(AGENT)));
  const seen = async () => (await listDetectors(fleet.db, [AGENT]))[0]?.state.seen;

  it("judges every event once, though a commit failed after the judging", async () => {
    await send();
    await fleet.sweep();
    expect(await seen()).toBe(EVENTS);

    await send();
    await fleet.db.run(
      sql`CREATE TRIGGER full BEFORE UPDATE ON detector_states BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
    );
    const failed = await fleet.sweep();
    expect(failed.failed).toEqual([expect.stringMatching(/^shard \d$/)]);
    expect(await seen()).toBe(EVENTS);

    await fleet.db.run(sql`DROP TRIGGER full`);
    const { failed: none } = await fleet.sweep();
    expect(none).toEqual([]);
    expect(await seen()).toBe(2 * EVENTS);
  });

  it("is free at once when the process that held it was killed, and stays with one that lives", async () => {
    const program = `import { newOwner } from "./lib/db/owner.ts"; console.log(newOwner());`;
    const ended = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program]);
    const dead = { ...createSweeper(), owner: ended.stdout.toString().trim() };
    const [alive, next] = [createSweeper(), createSweeper()];
    expect(await hold(fleet.db, dead, 0, fleet.now)).not.toBeNull();
    expect(await hold(fleet.db, alive, 1, fleet.now)).not.toBeNull();
    expect(await hold(fleet.db, next, 0, fleet.now)).toBeNull();

    await releaseDeadLeases(fleet.db);
    expect(await hold(fleet.db, next, 0, fleet.now)).toMatchObject({ fence: 2 });
    expect(await hold(fleet.db, next, 1, fleet.now)).toBeNull();
  });

  it("can be swept while another process sweeps the others: nothing is lost or doubled", async () => {
    const other = await openDb({ url: fleet.url });
    const [first, second] = [createSweeper(), createSweeper()];
    const ids = Array.from({ length: 24 }, (_, i) => `b-${i}`);
    await fleet.treat("Research", "act");
    await fleet.send(ids.map((id) => fleet.call(id)));
    for (const shard of [0, 1]) expect(await hold(fleet.db, first, shard, fleet.now)).not.toBeNull();
    for (const shard of [2, 3]) expect(await hold(other, second, shard, fleet.now)).not.toBeNull();

    let sent = 1;
    for (let round = 0; round < EVENTS; round++) {
      fleet.now += 250;
      const ill = round === EVENTS - 1;
      const more = ill ? { input_tokens: 1e6, token_count: 1e6, cost: 10 } : {};
      const [a, b] = await Promise.all([
        sweep(fleet.db, fleet.now, fleet.config, first),
        sweep(other, fleet.now, fleet.config, second),
        fleet.send(ids.map((id) => fleet.call(id, id === "b-7" ? more : {}))),
      ]);
      sent += 1;
      expect([a.skipped, b.skipped, a.failed, b.failed]).toEqual([2, 2, [], []]);
    }
    for (let last = 0; last < 2; last++)
      await Promise.all([
        sweep(fleet.db, fleet.now, fleet.config, first),
        sweep(other, fleet.now, fleet.config, second),
      ]);

    const rows = await listDetectors(fleet.db, ids);
    expect(rows.map((row) => row.state.seen)).toEqual(ids.map(() => sent));
    const counted = await fleet.db.all<{ n: number }>(sql`SELECT event_count AS n FROM agents WHERE id LIKE 'b-%'`);
    expect(counted.map(({ n }) => n)).toEqual(ids.map(() => sent));
    const opened = await fleet.db.all<{ id: string; n: number }>(
      sql`SELECT subject_id AS id, count(*) AS n FROM incident_subjects GROUP BY 1`,
    );
    expect(opened).toEqual([{ id: "b-7", n: 1 }]);
    other.$client.close();
  });

  it("is swept on at once by the process that holds it, when one of its claims was lost", async () => {
    await send();
    await fleet.sweep();
    await send();
    await fleet.db.run(sql`UPDATE shards SET fence = fence + 1`);
    const { skipped, failed } = await fleet.sweep();
    expect([skipped, failed]).toEqual([0, []]);
    expect(await seen()).toBe(2 * EVENTS);
  });
});
