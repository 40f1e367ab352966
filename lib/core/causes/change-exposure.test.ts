import { expect, test } from "vitest";
import type { Bundle, BundleChange, Series } from "../evidence/bundle";
import { exposureOf } from "./change-exposure";

const ONSET = 1_700_000_000;
const HOUR = 3_600;
/** A load for each minute of the two hours before the onset and ten minutes after it. */
const load = (node: string, before: (minute: number) => number, then: number): Series => ({
  node,
  metric: "http_requests_per_second",
  unit: "1/s",
  points: Array.from({ length: 130 }, (_, i): [number, number] => [
    ONSET + (i - 120) * 60,
    i < 120 ? before(i - 120) : then,
  ]),
});
const CALM = [load("web", () => 50, 50)];
const bundle = (metrics: Series[], normal: Series[] = CALM): Bundle => ({
  target: { node: "web", at: ONSET + 600 },
  nodes: [],
  edges: [["web", "api"]],
  metrics,
  logs: [],
  spans: [],
  changes: [],
  normal: { metrics: normal, logs: [], spans: [] },
});
const change: BundleChange = { t: ONSET - HOUR, node: "api", kind: "config", summary: "worker.threads 40 -> 20" };
const share = (metrics: Series[], normal?: Series[], onset: number | null = ONSET) =>
  exposureOf(bundle(metrics, normal), onset)(change);

test("hours in which the load was never as high as at the onset try nothing", () => {
  const rising = [load("web", () => 50, 80), load("api", () => 100, 160)];
  expect(share(rising)).toBeCloseTo(2 / 62);
});

test("under an ordinary load all of the time counts, and of a peak each minute that was as high", () => {
  expect(share([load("web", () => 50, 50), load("api", (minute) => 100 + (minute % 7), 103)])).toBe(1);
  const peaks = (minute: number) => (minute >= -60 && minute < -45 ? 170 : 100);
  expect(share([load("web", (minute) => peaks(minute) / 2, 80), load("api", peaks, 160)])).toBeCloseTo((2 * 16) / 62);
});

test("what callers ask for again, of the same requests of their own, is no load of the hour", () => {
  expect(share([load("web", () => 50, 50), load("api", () => 100, 500)])).toBe(1);
});

test("it says nothing without an onset, without normal time, without loads, or of too few minutes", () => {
  const rising = [load("web", () => 50, 80), load("api", () => 100, 160)];
  expect(share(rising, CALM, null)).toBe(1);
  expect(share(rising, [])).toBe(1);
  expect(share([])).toBe(1);
  const late = { ...change, t: ONSET - 15 * 60 };
  expect(exposureOf(bundle(rising), ONSET)(late)).toBe(1);
});
