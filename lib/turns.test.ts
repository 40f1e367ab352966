import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { breathe, inTurn } from "./turns";

afterEach(() => vi.restoreAllMocks());

test("long work gives others several turns of the event loop, short work none", async () => {
  const order: string[] = [];
  const clock = vi.spyOn(performance, "now").mockReturnValue(1_000_000);
  const long = breathe().then(() => order.push("long work goes on"));
  const other = (async () => {
    for (const step of ["asked", "answered", "sent"]) {
      await nextTurn();
      order.push(step);
    }
  })();
  await Promise.all([long, other]);
  expect(order).toEqual(["asked", "answered", "sent", "long work goes on"]);

  const turned = async () => {
    let seen = false;
    setImmediate(() => (seen = true));
    await breathe();
    return seen;
  };
  clock.mockReturnValue(1_000_005);
  expect(await turned()).toBe(false);
  clock.mockReturnValue(1_000_020);
  expect(await turned()).toBe(true);
});

test("works of one name are done one after another, whatever becomes of one; others do not wait", async () => {
  const order: string[] = [];
  const step = (name: string, queue: string, fail = false) =>
    inTurn(queue, async () => {
      order.push(`${name} begins`);
      await nextTurn();
      await nextTurn();
      order.push(`${name} ends`);
      if (fail) throw new Error(name);
      return name;
    });
  const all = [step("a", "large"), step("b", "large", true), step("c", "large"), step("x", "small")];
  expect((await Promise.allSettled(all)).map((one) => one.status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  expect(order.filter((one) => !one.startsWith("x"))).toEqual([
    "a begins",
    "a ends",
    "b begins",
    "b ends",
    "c begins",
    "c ends",
  ]);
  expect(order.indexOf("x begins")).toBeLessThan(order.indexOf("a ends"));
});
