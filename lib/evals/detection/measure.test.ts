import { describe, expect, it } from "vitest";
import { env } from "@/lib/env";
import { countHolds } from "./calibrate";
import { autocoderover, azure, sweagent } from "./measure-real";
import { faults, lognormal, slow } from "./measure-synthetic";
import type { Line } from "./table";

/** The measurements of `measure.ts`, small enough for every test run. */
const SMALL = { agents: 10, seeds: 3 };
const missed = (lines: Line[]) => lines.filter((line) => line.met === false);

describe("the detector on generated vitals", () => {
  it("holds no healthy agent", () => expect(missed(lognormal(SMALL))).toEqual([]));
  it("finds faults", () => expect(missed(faults(SMALL))).toEqual([]), 60_000);
  it("finds slow changes and leaves announced ones alone", () => expect(missed(slow(SMALL))).toEqual([]), 60_000);

  it("alarms falsely about as rarely as it was set to", () => {
    const arl = 1000;
    const { holds, samples } = countHolds({ arl, firstSeed: 300_000_000, agents: 9 }, 20_000);
    expect(samples / holds / arl).toBeGreaterThan(0.7);
    expect(samples / holds / arl).toBeLessThan(5);
  });
});

const data = env().SENTINEL_REAL_DATA;

describe.skipIf(data === undefined)("the detector on real traces", () => {
  it.each([
    ["azure", azure],
    ["autocoderover", autocoderover],
    ["sweagent", sweagent],
  ] as const)("%s", async (_, measure) => expect(missed(await measure(data!))).toEqual([]), 120_000);
});
