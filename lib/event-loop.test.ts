import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { yieldToEventLoop, runSerially, readWhenSlotFree } from "./event-loop";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("long work gives others several turns of the event loop, short work none", async () => {
  const order: string[] = [];
  const clock = vi.spyOn(performance, "now").mockReturnValue(1_000_000);
  const long = yieldToEventLoop().then(() => order.push("long work goes on"));
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
    await yieldToEventLoop();
    return seen;
  };
  clock.mockReturnValue(1_000_003);
  expect(await turned()).toBe(false);
  clock.mockReturnValue(1_000_020);
  expect(await turned()).toBe(true);
});

test("works of one name are done one after another, whatever becomes of one; others do not wait", async () => {
  const order: string[] = [];
  const step = (name: string, queue: string, fail = false) =>
    runSerially(queue, async () => {
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

test("a few large bodies are read at once, in order; one that is slow on purpose keeps nobody waiting for long", async () => {
  vi.useFakeTimers();
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = Array.from({ length: 7 }, (_, i) =>
    readWhenSlotFree(async () => {
      begun.push(i);
      if (i === 1) throw new Error("broke off");
      await new Promise<void>((end) => (ends[i] = end));
      return i;
    }),
  );
  const answers = Promise.allSettled(all);
  await vi.advanceTimersByTimeAsync(0);
  // The second broke off at once: its place is the fifth's.
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  ends[3]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  await vi.advanceTimersByTimeAsync(500);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
  for (const end of ends) end?.();
  expect((await answers).map(({ status }) => status)).toEqual([
    "fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled", "fulfilled", "fulfilled",
  ]); // prettier-ignore
});
