import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** README: within two seconds, whoever is connected. */
const PROMISED_MS = 2_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
  Reflect.deleteProperty(globalThis, Symbol.for("sentinel.shutdown"));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("lets go of everything at the signal, and exits by its own clock within two seconds", async () => {
  const { endingWith, exitAfterShutdown, onShutdown } = await import("./shutdown");
  const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
  const told = vi.fn<() => void>();
  onShutdown(told);
  const stream = endingWith(new AbortController().signal);
  exitAfterShutdown();
  process.emit("SIGTERM");
  expect(told).toHaveBeenCalledOnce();
  expect(stream.signal.aborted).toBe(true);
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(PROMISED_MS - 1);
  expect(exit).toHaveBeenCalledExactlyOnceWith(143);
  expect(endingWith(new AbortController().signal).signal.aborted).toBe(true);
});

it("goes on when a task of the shutdown fails", async () => {
  const { exitAfterShutdown, onShutdown } = await import("./shutdown");
  const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
  onShutdown(() => Promise.reject(new Error("no")));
  onShutdown(() => {
    throw new Error("nor this");
  });
  exitAfterShutdown();
  process.emit("SIGTERM");
  await vi.advanceTimersByTimeAsync(PROMISED_MS);
  expect(exit).toHaveBeenCalledExactlyOnceWith(143);
});
