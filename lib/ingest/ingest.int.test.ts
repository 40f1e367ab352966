import { afterEach, beforeEach, expect, it } from "vitest";
import { TestFleet } from "@/lib/runtime/test-fleet";

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
});
afterEach(() => fleet.close());

const twice = async (more: object) => {
  const event = { agent_id: "a-1", sequence: 7, latency_ms: 100, ...more };
  const first = await fleet.send([event]);
  fleet.now += 5_000;
  const again = await fleet.send([event]);
  return [first.accepted, first.duplicates, again.accepted, again.duplicates];
};

it("a repeated event is known by its instance, time and sequence, also where it tells no time", async () => {
  expect(await twice({ instance_id: "i-1", timestamp: fleet.now })).toEqual([1, 0, 0, 1]);
  expect(await twice({ instance_id: "i-2" })).toEqual([1, 0, 0, 1]);
});

it("a sequence alone says nothing: who tells neither time nor instance may have begun to count anew", async () => {
  expect(await twice({})).toEqual([1, 0, 1, 0]);
});

it("events without a sequence are two, though they are alike in everything", async () => {
  expect(await twice({ sequence: undefined, instance_id: "i-1", timestamp: fleet.now })).toEqual([1, 0, 1, 0]);
});

it.each([0, -1, 999])("a failed call with status %i counts, its status unknown", async (http_status) => {
  const event = { agent_id: "a-1", success: false, error_type: "ECONNREFUSED" };
  const answer = await fleet.send([
    { ...event, http_status },
    { ...event, http_status, attributes: { retry: true } },
    { ...event, http_status: 503 },
  ]);
  expect(answer).toMatchObject({ accepted: 3, rejected: [] });
  const { rows } = await fleet.db.$client.execute("SELECT body FROM agent_events ORDER BY seq");
  const bodies = rows.map(({ body }) => JSON.parse(body as string) as Record<string, unknown>);
  expect(bodies.map((body) => [body.success, body.http_status])).toEqual([
    [false, undefined],
    [false, undefined],
    [false, 503],
  ]);
});
