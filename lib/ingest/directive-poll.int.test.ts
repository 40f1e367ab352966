import { afterEach, beforeEach, expect, test } from "vitest";
import type { Db } from "@/lib/db/client";
import { openTestDb } from "@/lib/db/queries/test-world";
import { directiveWaiters, pollDirective } from "./directive-poll";
import { register } from "./register";

const MOST = 10;
let db: Db;
let close: () => Promise<void>;
const ends: { control: AbortController; over: Promise<unknown> }[] = [];

beforeEach(async () => {
  ({ db, close } = await openTestDb());
  const key = { id: "k", name: "k", agentId: null, namePrefix: null, scopes: ["events"], services: [] } as const;
  await register(db, key, { agent_id: "a" }, 1_000);
});
afterEach(async () => {
  for (const { control } of ends) control.abort();
  await Promise.all(ends.splice(0).map(({ over }) => over));
  expect(directiveWaiters()).toBe(0);
  await close();
});

/** A poll that waits as long as it may; `answered` says whether it is over. */
function poll(keyId: string) {
  const control = new AbortController();
  const state = { answered: false };
  const over = pollDirective(db, "a", { version: 10, waitS: 600, signal: control.signal, keyId, most: MOST }).finally(
    () => (state.answered = true),
  );
  ends.push({ control, over });
  return state;
}
const polls = (keyId: string, count: number) => Array.from({ length: count }, () => poll(keyId));
const answered = (list: { answered: boolean }[]) => list.filter((one) => one.answered).length;
const waiters = (count: number) => expect.poll(() => directiveWaiters()).toBe(count);

test("one key may hold all long-polls while nobody else wants one; more are answered at once", async () => {
  const mine = polls("greedy", MOST + 5);
  await waiters(MOST);
  await expect.poll(() => answered(mine)).toBe(5);
});

test("another key always gets its share: the greediest gives up its oldest, which is answered and not dropped", async () => {
  const greedy = polls("greedy", MOST);
  await waiters(MOST);
  const modest = polls("modest", 3);
  await expect.poll(() => answered(greedy)).toBe(3);
  expect(answered(modest)).toBe(0);
  expect(directiveWaiters()).toBe(MOST);
  // Whoever holds the most wins nothing by asking again.
  const again = polls("greedy", 5);
  await expect.poll(() => answered(again)).toBe(5);
  expect(answered(modest)).toBe(0);
});

test("two keys that want all of them have half each", async () => {
  const one = polls("one", MOST);
  await waiters(MOST);
  polls("two", MOST);
  await expect.poll(() => answered(one)).toBe(MOST / 2);
  expect(directiveWaiters()).toBe(MOST);
});
