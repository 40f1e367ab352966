import { expect, it } from "vitest";
import type { ReplayedChange, ReplayedEvent } from "@/lib/db/queries/replay";
import { stepsOf } from "./steps";

const STEP_MS = 10_000;

async function steps(arrivals: number[], { to = 0, changes = [] as number[], ends = [] as number[], page = 2 } = {}) {
  const events = arrivals.map((receivedAt, i): ReplayedEvent => ({ seq: i + 1, agentId: "a", receivedAt, row: "" }));
  const plan = { after: 0, learnFrom: arrivals[0]!, to: to || arrivals.at(-1)!, stepMs: STEP_MS };
  const announced = changes.map((createdAt) => ({ createdAt }) as ReplayedChange);
  const read = (after: number) => Promise.resolve(events.filter(({ seq }) => seq > after).slice(0, page));
  const found = [];
  for await (const { now, events: come, changes: told } of stepsOf(plan, announced, ends, read))
    found.push({ now, at: come.map(({ receivedAt }) => receivedAt), told: told.length });
  return found;
}

it("gives every event once, in the order of arrival, and none before its time", async () => {
  const arrivals = Array.from({ length: 200 }, (_, i) => i * 1_700);
  const found = await steps(arrivals, { page: 7 });
  expect(found.flatMap(({ at }) => at)).toEqual(arrivals);
  for (const { now, at } of found) for (const one of at) expect(one).toBeLessThanOrEqual(now);
  const clocks = found.map(({ now }) => now);
  expect(clocks).toEqual([...new Set(clocks)].toSorted((a, b) => a - b));
});

it("goes on for a while where nobody reports, and then skips to whoever reports next", async () => {
  const found = await steps([0, 10 * 3_600_000]);
  expect(found.map(({ at }) => at.length)).toEqual([1, 0, 0, 0, 1, 0, 0, 0]);
  expect(found[3]!.now).toBeLessThan(120_000);
  expect(found[4]!.now).toBeLessThan(10 * 3_600_000 + STEP_MS);
});

it("goes on to the end", async () => {
  expect((await steps([0], { to: 3_600_000 })).at(-1)).toEqual({ now: 3_600_000, at: [], told: 0 });
});

it("judges what comes after a change, or after an agent is let go, in a step of its own", async () => {
  const found = await steps([0, 2_000, 4_000, 6_000], { changes: [3_000], ends: [6_000], page: 9 });
  expect(found.slice(0, 3)).toEqual([
    { now: 2_999, at: [0, 2_000], told: 0 },
    { now: 5_999, at: [4_000], told: 1 },
    { now: 15_999, at: [6_000], told: 0 },
  ]);
});

it("takes what arrived out of order by a hair with its neighbours", async () => {
  const found = await steps([0, 9_000, 12_000, 8_000, 12_500], { page: 9 });
  expect(found.flatMap(({ at }) => at)).toEqual([0, 9_000, 12_000, 8_000, 12_500]);
});
