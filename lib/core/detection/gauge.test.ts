import { describe, expect, it } from "vitest";
import { normals, observation, random } from "@/lib/evals/detection/generate";
import { createDetector, DEFAULT_DETECT_SETTINGS, type DetectorState, observe } from "./detect";

const MONDAY = Date.UTC(2024, 0, 1);
const MINUTE = 60_000;
const DAY = 86_400_000;

interface Told {
  i: number;
  judgedFor: unknown;
}

/** Alarms at the default setting of a gauge sampled every `step` ms. */
function alarms(step: number, samples: number, value: (i: number, normal: () => number) => number, seed = 1): Told[] {
  let state = createDetector();
  const normal = normals(random(seed));
  const told: Told[] = [];
  for (let i = 0; i < samples; i++) {
    const at = MONDAY + i * step;
    const found = observe(
      state,
      observation(i, {}, { at, gauges: { load: value(i, normal) } }),
      DEFAULT_DETECT_SETTINGS,
      null,
    );
    told.push(...found.map((a) => ({ i, judgedFor: a.detail["judged_for"] })));
    if (i % 500 === 0) state = JSON.parse(JSON.stringify(state)) as DetectorState;
  }
  return told;
}

describe("a gauge at the default setting", () => {
  it.each([
    ["every minute", MINUTE],
    ["every five minutes", 5 * MINUTE],
    ["every hour", 60 * MINUTE],
  ])("of plain noise, sampled %s, has at most one false alarm a month", (_, step) => {
    const months = step === MINUTE ? 0.5 : 2;
    const samples = Math.round((months * 30 * DAY) / step);
    const total = [1, 2, 3, 4].reduce(
      (sum, seed) => sum + alarms(step, samples, (_i, normal) => 50 + normal(), seed).length,
      0,
    );
    expect(total).toBeLessThanOrEqual(4 * months);
  });

  it.each<[string, number, (i: number, x: number) => number, number]>([
    ["a spike among hourly samples", 60 * MINUTE, (i, x) => (i === 400 ? x + 12 : x), 400],
    ["a drop to nothing", 5 * MINUTE, (i, x) => (i >= 3_000 && i < 3_010 ? 0 : x), 3_000],
    ["a new level, at its beginning", 5 * MINUTE, (i, x) => (i >= 3_000 ? x + 20 : x), 3_000],
  ])("tells %s", (_, step, change, from) => {
    const told = alarms(step, from + 200, (i, normal) => change(i, 50 + normal()));
    expect(told[0]?.i).toBe(from);
  });

  it("tells a small lasting shift by its mean, which no single value shows", () => {
    const told = alarms(5 * MINUTE, 3_400, (i, normal) => 50 + normal() + (i >= 3_000 ? 2 : 0));
    expect(told[0]).toMatchObject({ judgedFor: "mean" });
    expect(told[0]!.i).toBeGreaterThan(3_000);
    expect(told[0]!.i).toBeLessThan(3_060);
  });

  it("tells one lasting fault once, not at every sample", () => {
    const told = alarms(MINUTE, 3_120, (i, normal) => 50 + normal() + (i >= 3_000 ? 30 : 0));
    expect(told).toHaveLength(1);
  });

  it("takes on what an older version kept", () => {
    const state = createDetector();
    const normal = normals(random(9));
    const feed = (i: number, x: number) =>
      observe(
        state,
        observation(i, {}, { at: MONDAY + i * 5 * MINUTE, gauges: { load: x } }),
        DEFAULT_DETECT_SETTINGS,
        null,
      );
    for (let i = 0; i < 2_000; i++) feed(i, 50 + normal());
    const [stratum] = Object.values(state.strata);
    const { n, level, spread, profile, counts, levelError } = stratum!.forecasts["load"]!;
    const old = {
      n,
      level,
      spread,
      profile,
      counts,
      levelError,
      few: null,
      last: 50,
      smooth: 50,
      hours: 24,
      lastUsual: 50,
    };
    stratum!.forecasts["load"] = { ...old, errors: [1, 1, 1, 1], mute: 0, told: 0, drift: 0 } as never;
    stratum!.lanes["load#jump"] = stratum!.lanes["load"]!;
    const quiet = Array.from({ length: 300 }, (_, k) => feed(2_000 + k, 50 + normal())).flat();
    expect(quiet).toEqual([]);
    expect(Object.keys(stratum!.lanes)).not.toContain("load#jump");
    expect(feed(2_300, 80)).toHaveLength(1);
  });
});
