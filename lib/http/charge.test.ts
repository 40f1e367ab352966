import { describe, expect, test } from "vitest";
import type { Caller } from "./access";
import { charge, itemsIn } from "./charge";

const byKey = (id: string): Caller => ({
  user: null,
  sender: null,
  key: { id, name: id, agentId: null, namePrefix: null, scopes: ["events"], services: [] },
});
const byPerson = (id: string): Caller => ({
  ...byKey(id),
  key: null,
  user: { id, name: id, email: "", role: "admin" },
});

describe("a caller's rate", () => {
  const limited = { code: "rate_limited", details: { headers: { "retry-after": "1" } } };

  test("is its own, and a request larger than it gets through once", async () => {
    await charge(byKey("a"), "items", 1e9);
    await expect(charge(byKey("a"), "items", 1)).rejects.toMatchObject(limited);
    await charge(byKey("b"), "items", 0);
    await charge(byPerson("a"), "items", 1);
  });

  test("is counted in bytes as well", async () => {
    await charge(byKey("c"), "bytes", 1e12);
    await expect(charge(byKey("c"), "bytes", 1)).rejects.toMatchObject(limited);
    await charge(byKey("c"), "items", 1);
  });

  test("is asked of people and senders too", async () => {
    await charge(byPerson("p"), "items", 1e9);
    await expect(charge(byPerson("p"), "items", 1)).rejects.toMatchObject(limited);
    const sender: Caller = { user: null, key: null, sender: { id: "s", kind: "generic" } };
    await charge(sender, "bytes", 1e12);
    await expect(charge(sender, "bytes", 1)).rejects.toMatchObject(limited);
  });
});

test.each([
  [undefined, 1],
  [{}, 1],
  [[], 1],
  [[1, 2, 3], 3],
  [{ lines: [1, 2] }, 2],
  [{ name: "x", alerts: Array(500).fill(1), tags: ["a"] }, 500],
  ["text", 1],
])("what is in a body is counted: %j", (body, items) => expect(itemsIn(body)).toBe(items));
