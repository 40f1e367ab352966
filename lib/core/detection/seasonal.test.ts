import { describe, expect, it } from "vitest";
import { normals, observation, random } from "@/lib/evals/detection/generate";
import { createDetector, DEFAULT_DETECT_SETTINGS, observe } from "./detect";
import { createForecast, addToRun, forecast } from "./seasonal";

const MONDAY = Date.UTC(2024, 0, 1);
const STEP = 300_000;
const daily = (at: number) => 50 + 30 * Math.sin((2 * Math.PI * (at % 86_400_000)) / 86_400_000);

describe("a forecast", () => {
  it("learns the hours of the day", () => {
    const f = createForecast();
    const normal = normals(random(1));
    for (let i = 0; i < 288 * 10; i++) addToRun(f, MONDAY + i * STEP, daily(MONDAY + i * STEP) + 3 * normal(), true);
    const noon = forecast(f, MONDAY + 10 * 86_400_000 + 12 * 3_600_000);
    expect(noon.seasonal).toBe(true);
    expect(Math.abs(noon.usual! - 46)).toBeLessThan(6);
  });

  it("claims no season where there is none", () => {
    const f = createForecast();
    const normal = normals(random(2));
    for (let i = 0; i < 288 * 10; i++) addToRun(f, MONDAY + i * STEP, 50 + normal(), true);
    expect(forecast(f, MONDAY).seasonal).toBe(false);
  });
});

/** Alarms of a gauge with daily season; `change` alters values from day 9 on. */
function alarms(change: (x: number, i: number) => number) {
  const state = createDetector();
  const normal = normals(random(4));
  const found: number[] = [];
  for (let i = 0; i < 288 * 14; i++) {
    const at = MONDAY + i * STEP;
    const x = daily(at) + normal();
    const value = i >= 288 * 9 ? change(x, i - 288 * 9) : x;
    const anomalies = observe(
      state,
      observation(i, {}, { at, gauges: { load: value } }),
      { ...DEFAULT_DETECT_SETTINGS, arl: 1e4 },
      null,
    );
    if (anomalies.some((a) => a.verdict === "quarantine")) found.push(i - 288 * 9);
  }
  return found;
}

describe("a gauge", () => {
  it("with a season raises no alarm by itself", () => expect(alarms((x) => x).length).toBeLessThanOrEqual(1));

  it.each<[string, (x: number, i: number) => number]>([
    ["jumps", (x, i) => (i >= 60 && i < 80 ? x + 60 : x)],
    ["falls to nothing", (x, i) => (i >= 60 && i < 200 ? x - 60 : x)],
  ])("is told of when it %s, once", (_, change) => {
    const found = alarms(change).filter((i) => i >= 0 && i < 288);
    expect(found.length).toBeGreaterThanOrEqual(1);
    expect(found[0]).toBeGreaterThanOrEqual(60);
    expect(found[0]).toBeLessThan(64);
    expect(found.length).toBeLessThanOrEqual(2);
  });
});
