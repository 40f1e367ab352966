import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EvalResult } from "@/lib/contracts/evals";
import { env } from "@/lib/env";
import { RESULTS_FOLDER } from "@/lib/views/measured";
import { autocoderover, azure, llmlatency } from "./measure-real";
import { intercode, sweagent } from "./measure-runs";
import { mcpmark } from "./measure-totals";

const data = env().SENTINEL_REAL_DATA;

const published = (name: string): EvalResult =>
  EvalResult.parse(JSON.parse(readFileSync(join(RESULTS_FOLDER, `detection-${name}.json`), "utf8")));

/** A target that is missed is on the page as a miss, with the figure that is measured now; any other is met. */
describe.skipIf(data === undefined)("the detector on real traces misses only what is published as missed", () => {
  it.each([
    ["azure", azure],
    ["autocoderover", autocoderover],
    ["sweagent", sweagent],
    ["intercode", intercode],
    ["mcpmark", mcpmark],
    ["llmlatency", llmlatency],
  ] as const)("%s", async (name, measure) => {
    const missed = (await measure(data!)).filter((line) => line.met === false);
    expect(missed.map(({ what, measured }) => ({ what, measured }))).toEqual(
      published(name)
        .rows.filter((row) => row.ok === false)
        .map(({ what, measured }) => ({ what, measured })),
    );
  });
});
