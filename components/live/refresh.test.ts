import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { refresher } from "./refresh";

describe("refresher", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("a burst costs one round of reading", async () => {
    const client = new QueryClient();
    const invalidate = vi.spyOn(client, "invalidateQueries");
    const refresh = refresher(client);
    for (let burst = 0; burst < 100; burst++) refresh.add([["agents"], ["overview"]]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(invalidate.mock.calls.map(([filters]) => filters?.queryKey)).toEqual([["agents"], ["overview"]]);
  });

  test("what is being read when the message comes is read once more after that, not cut off", async () => {
    const client = new QueryClient();
    let finish = () => {};
    const reading = client.fetchQuery({
      queryKey: ["agents", {}],
      queryFn: () => new Promise<string>((resolve) => (finish = () => resolve("old"))),
    });
    const invalidate = vi.spyOn(client, "invalidateQueries");
    const refresh = refresher(client);
    refresh.add([["agents"]]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(invalidate).not.toHaveBeenCalled();
    finish();
    await expect(reading).resolves.toBe("old");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(invalidate).toHaveBeenCalledTimes(1);
  });

  test("nothing is read after it was stopped", async () => {
    const client = new QueryClient();
    const invalidate = vi.spyOn(client, "invalidateQueries");
    const refresh = refresher(client);
    refresh.add([["agents"]]);
    refresh.stop();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(invalidate).not.toHaveBeenCalled();
  });
});
