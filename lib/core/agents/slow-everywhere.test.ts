import { describe, expect, it } from "vitest";
import type { Member, Suspect } from "./fleet";
import { slowEverywhere } from "./slow-everywhere";

const PROVIDERS = ["aurora", "basalt", "cirrus"];
const TOOLS = ["search", "query", "fetch"];
/** Fifteen agents of one key: five a provider, five a tool, evenly mixed. */
const fifteen: Member[] = Array.from({ length: 15 }, (_, i) => ({
  agentId: `a${i}`,
  keyId: "k",
  model: `${PROVIDERS[i % 3]!}-1`,
  provider: PROVIDERS[i % 3]!,
  tools: [TOOLS[Math.floor(i / 5)]!],
}));
const slow = (i: number, at: number, in_: "model" | "tool", more: Partial<Suspect> = {}): Suspect => ({
  ...fifteen[i]!,
  at,
  type: "latency_spike",
  ...more,
  tools: in_ === "tool" ? fifteen[i]!.tools : [],
});

describe("agents of one key that slow down whatever they call", () => {
  it.each<[string, Suspect[], string[]]>([
    ["nobody", [], []],
    ["model calls at three providers and a tool", [slow(0, 0, "model"), slow(4, 5000, "model"), slow(8, 9000, "model"), slow(13, 20_000, "tool"), slow(1, 30_000, "tool")], ["k a0,a1,a13,a4,a8"]],
    ["stragglers, as long as they keep coming", [0, 4, 8, 13, 1, 2].map((i, n) => slow(i, n < 5 ? n : 50_000, "model")), ["k a0,a1,a13,a2,a4,a8"]],
    ["too few of them", [slow(0, 0, "model"), slow(4, 0, "model"), slow(8, 0, "tool")], []],
    ["too far apart", [0, 4, 8, 13, 2].map((i, n) => slow(i, n * 61_000, "model")), []],
    ["one provider explains all but two", [0, 3, 6, 9, 12].map((i) => slow(i, 0, "model")).concat(slow(1, 0, "model"), slow(2, 0, "tool")), []],
    ["one tool explains them", [0, 1, 2, 3, 4].map((i) => slow(i, 0, "tool")), []],
    ["a busy host makes nobody fail", [0, 4, 8, 13, 2].map((i) => slow(i, 0, "model", { type: "error_rate_spike" })), []],
    ["agents of no known key share nothing", [0, 4, 8, 13, 2].map((i) => slow(i, 0, "model", { keyId: null })), []],
    ["agents of other keys do not count", [0, 4, 8, 13, 2].map((i, n) => slow(i, 0, "model", { keyId: `k${n}` })), []],
  ])("%s", (_, suspects, expected) => {
    const text = slowEverywhere(suspects, fifteen).map(({ value, agentIds }) => `${value} ${agentIds.join(",")}`);
    expect(text).toEqual(expected);
    expect(slowEverywhere(suspects.toReversed(), fifteen.toReversed())).toEqual(slowEverywhere(suspects, fifteen));
  });

  it("tells the share of the key's agents", () => {
    const suspects = [0, 4, 8, 13, 2].map((i) => slow(i, 0, "model"));
    expect(slowEverywhere(suspects, fifteen)).toMatchObject([{ dimension: "key", value: "k", share: 5 / 15 }]);
  });
}); // prettier-ignore
