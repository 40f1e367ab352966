import { expect, it, vi } from "vitest";
import { DAY_S, DEMO_DAY, runSchedule } from "./schedule";

it.each([
  [false, DEMO_DAY.length],
  [true, 3 * DEMO_DAY.length],
])("the day begins again: %s", (again, expected) => {
  vi.useFakeTimers();
  try {
    const started: string[] = [];
    const chaos = { start: (kind: string) => (started.push(kind), { kind: "refused", reason: "" }), end: () => {} };
    const stop = runSchedule(DEMO_DAY, chaos as unknown as Parameters<typeof runSchedule>[1], { stretch: 1, again }, () => {}); // prettier-ignore
    vi.advanceTimersByTime((3 * DAY_S - 1) * 1_000);
    expect(started).toHaveLength(expected);
    stop();
    vi.advanceTimersByTime(10 * DAY_S * 1_000);
    expect(started).toHaveLength(expected);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
