import { describe, expect, it } from "vitest";
import { env } from "@/lib/env";
import { autocoderover, azure, llmlatency } from "./measure-real";
import { intercode, sweagent } from "./measure-runs";
import { mcpmark } from "./measure-totals";

const data = env().SENTINEL_REAL_DATA;

describe.skipIf(data === undefined)("the detector on real traces", () => {
  it.each([
    ["azure", azure],
    ["autocoderover", autocoderover],
    ["sweagent", sweagent],
    ["intercode", intercode],
    ["mcpmark", mcpmark],
    ["llmlatency", llmlatency],
  ] as const)("%s", async (_, measure) =>
    expect((await measure(data!)).filter((line) => line.met === false)).toEqual([]),
  );
});
