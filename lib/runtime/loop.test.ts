import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Loop } from "./loop";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A loop whose turns end when a test says so. */
function held(restMs = 0) {
  const turns: { end: (value: number) => void; fail: (error: Error) => void }[] = [];
  const loop = new Loop({
    name: "a test's turn",
    turn: () => new Promise<number>((end, fail) => turns.push({ end, fail })),
    restMs,
  });
  return { loop, turns };
}

/** Lets what is due happen, so that a turn that was asked for has begun. */
const settle = () => vi.advanceTimersByTimeAsync(0);
/** Calls back so many microtasks later; with none, at once. */
function later<T>(n: number, act: () => T): T | Promise<Awaited<T>> {
  return n === 0 ? act() : (Promise.resolve().then(() => later(n - 1, act)) as Promise<Awaited<T>>);
}

/** Ways in which the first turn ends. */
const ENDS = {
  done: ({ end }: ReturnType<typeof held>["turns"][number]) => end(1),
  failed: ({ fail }: ReturnType<typeof held>["turns"][number]) => fail(new Error("the database is away")),
};

/** More microtasks than pass between the end of a turn and the end of what waits for it. */
const TICKS = 12;

describe.each(["done", "failed"] as const)("asked again as a turn ends (%s)", (how) => {
  test.each(Array.from({ length: TICKS }, (_, tick) => [tick]))("%i microtasks later, a turn begins", async (tick) => {
    const { loop, turns } = held();
    const first = loop.run().catch(() => undefined);
    ENDS[how](turns[0]!);
    await later(tick, loop.soon);
    await settle();
    expect(turns).toHaveLength(2);
    turns[1]!.end(2);
    await first;
  });

  test.each(Array.from({ length: TICKS }, (_, tick) => [tick]))(
    "%i microtasks later, who waits gets what a turn gave that began after they asked",
    async (tick) => {
      const { loop, turns } = held();
      const first = loop.run().catch(() => undefined);
      ENDS[how](turns[0]!);
      const second = later(tick, () => loop.run());
      await settle();
      turns.at(-1)!.end(2);
      expect(await second).toBe(2);
      expect(turns).toHaveLength(2);
      await first;
    },
  );
});

test("asked many times during a turn, one more follows, and no third", async () => {
  const { loop, turns } = held();
  const first = loop.run();
  for (let i = 0; i < 20; i++) loop.soon();
  turns[0]!.end(1);
  await settle();
  expect(turns).toHaveLength(2);
  turns[1]!.end(2);
  expect(await first).toBe(2);
  await settle();
  expect(turns).toHaveLength(2);
});

test("a turn that throws before it has begun does not keep the next from beginning", async () => {
  let fails = true;
  const loop = new Loop({
    name: "a test's turn",
    turn: () => {
      if (fails) throw new Error("no configuration");
      return Promise.resolve(1);
    },
  });
  await expect(loop.run()).rejects.toThrow("no configuration");
  fails = false;
  expect(await loop.run()).toBe(1);
});

test("what is asked for during the rest begins after it", async () => {
  const { loop, turns } = held(500);
  const first = loop.run();
  turns[0]!.end(1);
  await first;
  loop.soon();
  await vi.advanceTimersByTimeAsync(499);
  expect(turns).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(turns).toHaveLength(2);
});

test("of several later turns the earliest is kept, and a later request does not postpone it", async () => {
  const { loop, turns } = held();
  loop.after(2_000);
  loop.after(1_000);
  loop.after(3_000);
  await vi.advanceTimersByTimeAsync(999);
  expect(turns).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(2);
  expect(turns).toHaveLength(1);
});

test("after it is stopped nothing begins, whatever was asked for, until it is started again", async () => {
  const { loop, turns } = held();
  loop.start(1_000);
  await settle();
  loop.soon();
  loop.after(100);
  const stopped = loop.stop();
  turns[0]!.end(1);
  await stopped;
  loop.soon();
  loop.after(100);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(turns).toHaveLength(1);
  loop.start(1_000);
  await settle();
  expect(turns).toHaveLength(2);
  turns[1]!.end(2);
  await loop.stop();
});
