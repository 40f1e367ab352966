import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { listDetectors } from "@/lib/db/queries/sweep";
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
