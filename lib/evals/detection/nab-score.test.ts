import { describe, expect, it } from "vitest";
import { nabScore, type ScoredSeries, unscored } from "./nab-score";

const series = (alerts: number[], rows = 4000): ScoredSeries => ({ rows, windows: [[2000, 2399]], alerts });

describe("the NAB score", () => {
  // The scale's anchors (Lavin & Ahmad 2015): nothing said is 0, every window caught at its first row and nothing else is 100.
  it.each<[string, number[], number]>([
    ["nothing", [], 0],
    ["perfect", [2000], 100],
    ["only the first alert in a window counts", [2000, 2100, 2200], 100],
    ["at a window's end, half", [2399], 50],
    ["a false alarm before the window costs the full weight", [2000, 1000], 100 - 5.5],
    ["a false alarm far behind it too", [2000, 3900], 100 - 5.5],
    ["alerts in the first 15 % are not scored", [2000, 10, 300], 100],
  ])("%s: %j", (_, alerts, expected) =>
    expect(Math.abs(nabScore([series(alerts)], 0.11) - expected)).toBeLessThan(0.4),
  );

  it("leaves out at most 750 rows", () => {
    expect(unscored(4000)).toBe(600);
    expect(unscored(100_000)).toBe(750);
  });
});
