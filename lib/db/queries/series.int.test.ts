import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SeriesAnswer } from "@/lib/contracts/agent-activity";
import type { Db } from "../client";
import { loadSeries } from "./series";
import { agentRow, eventRow, insert, learnedDetector, NOW, openTestDb } from "./test-world";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ db, close } = await openTestDb());
  await insert(db, "agents", [agentRow("a"), agentRow("b")]);
});
afterEach(() => close());

const series = async (metric: string, minutes = 15) =>
  SeriesAnswer.strict().parse(await loadSeries(db, "a", { metric, minutes }, NOW));
const values = async (metric: string, minutes?: number) =>
  (await series(metric, minutes)).points.map(({ value }) => value);

describe("a series of events", () => {
  it("shows what was reported, when it happened, and nothing where nothing was", async () => {
    await insert(db, "agentEvents", [
      eventRow("a", NOW - 20 * MINUTE, { latency_ms: 1 }),
      eventRow("a", NOW - 5 * MINUTE, { latency_ms: 500 }),
      eventRow("b", NOW - 5 * MINUTE, { latency_ms: 9 }),
      eventRow("a", NOW - 4 * MINUTE, { token_count: 3 }),
      // Reported late: it stands where it happened.
      eventRow("a", NOW - 10 * MINUTE, { latency_ms: 300 }, { receivedAt: NOW - MINUTE, late: true }),
    ]);
    const answer = await series("latency_ms");
    expect(answer.resolution).toBe("event");
    expect(answer.points).toEqual([
      { at: NOW - 10 * MINUTE, value: 300, min: 300, max: 300, low: null, high: null },
      { at: NOW - 5 * MINUTE, value: 500, min: 500, max: 500, low: null, high: null },
    ]);
  });

  it("keeps model calls, whole runs and tool calls apart", async () => {
    await insert(db, "agentEvents", [
      eventRow("a", NOW - 5_000, { latency_ms: 100 }),
      eventRow("a", NOW - 4_000, { latency_ms: 200 }, { kind: "run_end" }),
      eventRow("a", NOW - 3_000, { latency_ms: 99_999 }, { kind: "run_end", runId: "r" }),
      eventRow(
        "a",
        NOW - 2_000,
        { latency_ms: 7, tool: "search", success: false, result_bytes: 10 },
        { kind: "tool_call" },
      ),
    ]);
    expect(await values("latency_ms")).toEqual([100, 200]);
    expect(await values("tool.latency_ms")).toEqual([7]);
    expect(await values("tool.error")).toEqual([1]);
    expect((await series("latency_ms")).metrics).toEqual([
      "latency_ms",
      "tool.latency_ms",
      "tool.error",
      "result_bytes",
    ]);
  });

  it("reads as the detector reads: unknown is left out, never 0", async () => {
    await insert(db, "agentEvents", [
      eventRow("a", NOW - 5_000, { success: true, input_tokens: 10, cached_input_tokens: 4 }),
      eventRow("a", NOW - 4_000, { success: false, input_tokens: 10, output_tokens: 5, attempts: 3 }),
      eventRow("a", NOW - 3_000, { token_count: 99, retries: 0, cached_input_tokens: 1 }),
    ]);
    expect(await values("error")).toEqual([0, 1]);
    expect(await values("token_count")).toEqual([10, 15, 99]);
    expect(await values("retries")).toEqual([2, 0]);
    expect(await values("cache_ratio")).toEqual([0.4]);
  });

  it.each(["nonsense", "constructor", "__proto__", "latency_ms'; --"])("has no points for %s", async (metric) => {
    await insert(db, "agentEvents", [eventRow("a", NOW, { latency_ms: 1 })]);
    expect(await series(metric)).toMatchObject({ metric, points: [] });
  });

  it("draws the band of the stratum that each point belongs to", async () => {
    await insert(db, "detectorStates", [
      { agentId: "a", state: learnedDetector(200, "m"), agentState: "healthy", updatedAt: NOW },
    ]);
    await insert(db, "agentEvents", [
      eventRow("a", NOW - 3_000, { latency_ms: 1, model: "m" }),
      eventRow("a", NOW - 2_000, { latency_ms: 1, model: "m", step_kind: "unheard of" }),
      eventRow("a", NOW - 1_000, { latency_ms: 1, tool: "t" }, { kind: "tool_call" }),
    ]);
    const [known, unknown] = (await series("latency_ms")).points;
    expect(known!.low).toBeGreaterThan(50);
    expect(known!.low).toBeLessThan(400);
    expect(known!.high).toBeGreaterThan(450);
    expect(known!.high).toBeLessThan(2_000);
    expect(unknown).toMatchObject({ low: null, high: null });
    expect((await series("tool.latency_ms")).points[0]).toMatchObject({ low: null, high: null });
  });

  it("puts many into buckets and keeps their extremes", async () => {
    const rows = Array.from({ length: 3_000 }, (_, i) =>
      eventRow("a", NOW - 10 * MINUTE + i * 200, { cost: i === 1_234 ? 50 : 1 }),
    );
    await insert(
      db,
      "agentEvents",
      rows.filter((row) => row.at < NOW - 8 * MINUTE || row.at > NOW - 6 * MINUTE),
    );
    const { resolution, points } = await series("cost");
    expect(resolution).toBe("bucket");
    expect(points.length).toBeLessThanOrEqual(600);
    expect(Math.max(...points.map(({ max }) => max))).toBe(50);
    expect(points.filter(({ at }) => at > NOW - 8 * MINUTE + 2_000 && at < NOW - 6 * MINUTE - 2_000)).toEqual([]);
    expect(points.every(({ min, value, max }) => min <= value && value <= max)).toBe(true);
    expect(points.map(({ at }) => at)).toEqual(points.map(({ at }) => at).toSorted((a, b) => a - b));
  });

  it("samples very many without a bias", async () => {
    await insert(
      db,
      "agentEvents",
      // A rhythm of two, which a plain every-k-th would fall in step with.
      Array.from({ length: 24_000 }, (_, i) =>
        eventRow("a", NOW - 10 * MINUTE + i * 25, { cost: i % 2 === 0 ? 0 : 2 }),
      ),
    );
    const { points } = await series("cost");
    const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length;
    expect(mean).toBeCloseTo(1, 1);
    const spend = (await series("spend_per_min")).points.slice(1, -1);
    for (const { value } of spend) expect(Math.abs(value - 2_400) / 2_400).toBeLessThan(0.2);
  });

  it("sums what is spent per minute", async () => {
    const minute = NOW - (NOW % MINUTE) - 5 * MINUTE;
    await insert(db, "agentEvents", [
      eventRow("a", minute + 1_000, { cost: 0.25 }),
      eventRow("a", minute + 2_000, { cost: 0.5 }),
      eventRow("a", minute + 3 * MINUTE, { cost: 1 }),
    ]);
    expect((await series("spend_per_min")).points.map(({ at, value }) => [at, value])).toEqual([
      [minute, 0.75],
      [minute + 3 * MINUTE, 1],
    ]);
  });
});

it("shows what runs used up", async () => {
  await insert(db, "runs", [
    {
      agentId: "a",
      runId: "1",
      startedAt: NOW - 9 * MINUTE,
      lastAt: NOW - 8 * MINUTE,
      modelCalls: 3,
      toolCalls: 4,
      tokens: 70,
    },
    { agentId: "a", runId: "2", startedAt: NOW - 7 * MINUTE, lastAt: NOW - 6 * MINUTE, modelCalls: 1 },
  ]);
  expect(await values("run_calls")).toEqual([7, 1]);
  expect(await values("run_tokens")).toEqual([70]);
  expect((await series("run_calls")).metrics).toEqual(["run_calls", "run_tokens"]);
});

it("reads long windows from the hourly rollups", async () => {
  const hour = Math.floor(NOW / HOUR);
  await insert(db, "rollups", [
    { agentId: "a", hour: hour - 30, metric: "latency_ms", count: 4, sum: 40, min: 1, max: 30 },
    { agentId: "a", hour: hour - 2, metric: "latency_ms", count: 2, sum: 50, min: 20, max: 30 },
    { agentId: "a", hour: hour - 2, metric: "cost", count: 2, sum: 6, min: 1, max: 5 },
    { agentId: "b", hour: hour - 2, metric: "latency_ms", count: 1, sum: 9, min: 9, max: 9 },
  ]);
  const answer = await series("latency_ms", 2 * 24 * 60);
  expect(answer).toMatchObject({
    resolution: "hour",
    points: [
      { at: (hour - 30) * HOUR, value: 10, min: 1, max: 30 },
      { at: (hour - 2) * HOUR, value: 25, min: 20, max: 30 },
    ],
  });
  expect(await series("spend_per_min", 2 * 24 * 60)).toMatchObject({ resolution: "hour", points: [{ value: 0.1 }] });
});
