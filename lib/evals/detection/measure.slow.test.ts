import { describe, expect, it } from "vitest";
import { countHolds } from "./calibrate";
import { faults, lognormal, slow } from "./measure-synthetic";
import type { Line } from "./table";

/** The measurements of `measure.ts`, small enough for every test run. */
const SMALL = { agents: 10, seeds: 3 };
const missed = (lines: Line[]) => lines.filter((line) => line.met === false);

describe("the detector on generated vitals", () => {
  it("holds no healthy agent", () => expect(missed(lognormal(SMALL))).toEqual([]));
  it("finds faults", () => expect(missed(faults(SMALL))).toEqual([]));
  it("finds slow changes and leaves announced ones alone", () => expect(missed(slow(SMALL))).toEqual([]));

  it("alarms falsely about as rarely as it was set to", () => {
    const arl = 1000;
    const { holds, samples } = countHolds({ arl, firstSeed: 300_000_000, agents: 9 }, 20_000);
    expect(samples / holds / arl).toBeGreaterThan(0.7);
    expect(samples / holds / arl).toBeLessThan(5);
  });
});
