import { expect, it } from "vitest";
import { gaugeCounts } from "./gauge-score";

const labels = Array.from({ length: 100 }, (_, i) => (i >= 40 && i < 45) || i === 60);

it.each<[string, number[], number, number]>([
  ["nothing said", [], 0, 0],
  ["inside", [44], 1, 0],
  ["two points early", [38], 1, 0],
  ["three points early is false", [37], 0, 1],
  ["a point late is false", [45], 0, 1],
  ["an episode that touches a run is not false", [37, 41], 1, 0],
  ["ten points apart is one episode", [10, 20], 0, 1],
  ["eleven points apart are two", [10, 21], 0, 2],
  ["both runs", [40, 60], 2, 0],
])("%s", (_, alarms, found, falseEpisodes) =>
  expect(gaugeCounts(labels, alarms)).toEqual({ points: 100, runs: 2, found, falseEpisodes }),
);
