import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { badness, toneOf } from "./fault-words";

describe("the tone of a line", () => {
  it.each([
    "FATAL configuration error: DB_DSN is not set",
    "getaddrinfo ENOTFOUND postgres",
    "GET /orders 503 12ms",
    "container terminated with exit code 137",
    "Reason: OOMKilled",
    "FailedScheduling: 2 Insufficient cpu",
    "node is NotReady",
    "ready=false",
    "available=0",
  ])("hears trouble in: %s", (line) => {
    expect(badness(toneOf(line))).toBeGreaterThanOrEqual(0.5);
  });

  it.each([
    "INFO handled request 500 in 12 ms",
    "no errors observed since 09:25",
    "errors=0 retries=0",
    "restart_count=0",
    "disk_pressure=False",
    "exited with code 0",
    "GET /orders/500 200 12ms",
    "backup completed successfully",
    "",
  ])("hears none in: %s", (line) => {
    expect(badness(toneOf(line))).toBeLessThan(0.3);
  });

  it("hears that something is over", () => {
    const tone = toneOf("node recovered after 30 s: not ready before, heartbeat restored");
    expect(tone.past).toBe(true);
    expect(badness(tone)).toBeLessThan(badness(toneOf("node not ready")));
  });

  it("stays within 0 and 1, in any case", () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        for (const text of [line, line.toUpperCase()]) {
          const tone = toneOf(text);
          expect(badness(tone) >= 0 && badness(tone) <= 1 && tone.good >= 0 && tone.good <= 1).toBe(true);
        }
      }),
    );
  });
});
