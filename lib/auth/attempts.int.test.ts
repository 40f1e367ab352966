import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Db } from "@/lib/db/client";
import { openTestDb } from "@/lib/db/queries/test-world";
import { SentinelError } from "@/lib/errors";
import { attempt } from "./attempts";
import { deviceCookie, knownDevice } from "./device";

const ANNA = "anna@example.com";
let db: Db;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ db, close } = await openTestDb());
  delete (globalThis as unknown as Record<symbol, unknown>)[Symbol.for("sentinel.attempts")];
});
afterEach(() => close());

const from = (address: string, cookie?: string) =>
  new Headers({ "x-forwarded-for": address, ...(cookie ? { cookie: cookie.split(";")[0]! } : {}) });
const right = () => Promise.resolve("in");
const wrong = () => Promise.reject(new SentinelError("unauthenticated"));
const outcome = (headers: Headers, check: () => Promise<unknown>, now = 0, email: string | null = ANNA) =>
  attempt(db, { email, headers }, now, check).then(
    () => "in",
    (error: SentinelError) => error.code,
  );
async function guess(headers: Headers, times: number, now = 0): Promise<string[]> {
  const outcomes: string[] = [];
  for (let i = 0; i < times; i++) outcomes.push(await outcome(headers, wrong, now));
  return outcomes;
}

describe("somebody guesses a password", () => {
  test("and waits longer after each failure", async () => {
    const outcomes = await guess(from("192.0.2.1"), 10);
    expect(outcomes).toEqual([...Array(5).fill("unauthenticated"), ...Array(5).fill("rate_limited")]);
    expect(await outcome(from("192.0.2.1"), wrong, 1_999)).toBe("rate_limited");
    expect(await outcome(from("192.0.2.1"), wrong, 2_000)).toBe("unauthenticated");
    expect(await outcome(from("192.0.2.1"), wrong, 5_999)).toBe("rate_limited");
    expect(await outcome(from("192.0.2.1"), wrong, 6_000)).toBe("unauthenticated");
  });

  test("while the right password gets in from another address", async () => {
    await guess(from("192.0.2.1"), 200);
    expect(await outcome(from("198.51.100.1"), right)).toBe("in");
  });

  test("while it gets in from the same address with a device that was signed in before", async () => {
    const cookie = await deviceCookie(db, ANNA);
    await guess(from("192.0.2.1"), 200);
    expect(await outcome(from("192.0.2.1"), right)).toBe("rate_limited");
    expect(await outcome(from("192.0.2.1", cookie), right)).toBe("in");
  });

  test("from very many addresses: each has one try before it waits, a known device all of its own", async () => {
    const cookie = await deviceCookie(db, ANNA);
    for (let i = 0; i < 100; i++) await outcome(from(`192.0.2.${i}`), wrong);
    expect(await guess(from("198.51.100.9"), 3)).toEqual(["unauthenticated", "rate_limited", "rate_limited"]);
    expect(await guess(from("198.51.100.9", cookie), 5)).toEqual(Array(5).fill("unauthenticated"));
    expect(await outcome(from("203.0.113.5"), right)).toBe("in");
  });

  test("of many accounts: the address waits, others' addresses do not", async () => {
    for (let i = 0; i < 30; i++) await outcome(from("192.0.2.1"), wrong, 0, `${i}@example.com`);
    expect(await outcome(from("192.0.2.1"), right, 0, "somebody@example.com")).toBe("rate_limited");
    expect(await outcome(from("192.0.2.2"), right, 0, "somebody@example.com")).toBe("in");
    // Never long: people may share an address with whoever guesses.
    expect(await outcome(from("192.0.2.1"), right, 30_000, "somebody@example.com")).toBe("in");
  });

  test("many times at once: no more are tried than one after another", async () => {
    let tried = 0;
    const count = () => ((tried += 1), wrong());
    await Promise.all(Array.from({ length: 50 }, () => outcome(from("192.0.2.1"), count)));
    expect(tried).toBeLessThanOrEqual(5);
  });
});

test("the right password ends a row of failures", async () => {
  await guess(from("192.0.2.1"), 4);
  expect(await outcome(from("192.0.2.1"), right)).toBe("in");
  expect(await guess(from("192.0.2.1"), 5)).toEqual(Array(5).fill("unauthenticated"));
});

test("a flood from one address does not take the places of others, and a known device goes first", async () => {
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  const slow = () => held.then(right);
  const order: string[] = [];
  const noting = (name: string) => () => (order.push(name), right());
  const flood = Array.from({ length: 20 }, (_, i) => outcome(from("192.0.2.1"), slow, 0, `${i}@example.com`));
  const other = outcome(from("198.51.100.1"), noting("other"), 0, "other@example.com");
  const known = outcome(from("192.0.2.1", await deviceCookie(db, ANNA)), noting("known"));
  release();
  expect((await Promise.all(flood)).filter((one) => one === "in")).toHaveLength(4);
  expect(await Promise.all([other, known])).toEqual(["in", "in"]);
});

test("a device is known for the account that was signed in with it, and for no other", async () => {
  const cookie = await deviceCookie(db, ANNA);
  expect(cookie).toMatch(/HttpOnly; SameSite=Lax$/);
  expect(await knownDevice(db, "ANNA@example.com", from("192.0.2.1", cookie))).not.toBeNull();
  const forged = cookie.replace(/=[^.]+/, "=another-nonce");
  expect(await knownDevice(db, ANNA, from("192.0.2.1", forged))).toBeNull();
  expect(await knownDevice(db, "ben@example.com", from("192.0.2.1", cookie))).toBeNull();
  const moved = `${(await deviceCookie(db, "ben@example.com")).split("=")[0]}=${cookie.split("=")[1]!}`;
  expect(await knownDevice(db, "ben@example.com", from("192.0.2.1", moved))).toBeNull();
});
