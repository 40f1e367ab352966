import { describe, expect, it } from "vitest";
import { natureOf, wordsOf } from "./metric-kinds";

describe("what a metric's name says", () => {
  const cases: [metric: string, unit: string | undefined, kind: string, bad: string][] = [
    ["latency Average", undefined, "latency", "up"],
    ["http_request_duration_seconds", undefined, "latency", "up"],
    ["request latency p99", "ms", "latency", "up"],
    ["PodServerLatencyP90", "s", "latency", "up"],
    ["lat_50", undefined, "latency", "up"],
    ["network_delay", undefined, "latency", "up"],
    ["availability Average", "%", "availability", "down"],
    ["success rate", "%", "availability", "down"],
    ["http_5xx_total", undefined, "error", "up"],
    ["failed requests", undefined, "error", "up"],
    ["errorRate", "%", "error", "up"],
    ["requests Sum", undefined, "traffic", "both"],
    ["PodWorkload", "Ops", "traffic", "both"],
    ["CpuUsageRate", "%", "resource", "up"],
    ["process_resident_memory_bytes", undefined, "resource", "up"],
    ["FreeableMemory", "bytes", "resource", "down"],
    ["BurstBalance", "%", "resource", "down"],
    ["available replicas", undefined, "resource", "down"],
    ["connection pool usage", undefined, "resource", "up"],
    ["temperature", undefined, "level", "both"],
  ];
  it.each(cases)("%s (%s) is %s, worse %s", (metric, unit, kind, bad) => {
    expect(natureOf(metric, unit)).toMatchObject({ kind, bad });
  });

  it("prefers what adds up over calls: an average before a tail, the server's before the client's", () => {
    expect(natureOf("latency average").rank).toBeLessThan(natureOf("latency p99").rank);
    expect(natureOf("PodClientLatencyP90").callers).toBe(true);
    expect(natureOf("PodServerLatencyP90").callers).toBe(false);
  });

  it("parts words at case, dots, dashes and underscores", () => {
    expect(wordsOf("PodServer.latency-P99_total")).toEqual(["pod", "server", "latency", "p99", "total"]);
  });
});
