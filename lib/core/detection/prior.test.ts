import { describe, expect, it } from "vitest";
import { FAULTS, healthyAgent, observation } from "@/lib/evals/detection/generate";
import { buildPrior, createDetector, DEFAULT_DETECT_SETTINGS, observe, type PeerSummary, summarise } from "./detect";

function peer(seed: number, samples = 200, factor = 1): PeerSummary {
  const agent = healthyAgent(seed, 0.5);
  const state = createDetector();
  for (let i = 0; i < samples; i++) {
    const v = agent();
    observe(state, observation(i, { ...v, token_count: v.token_count * factor }), DEFAULT_DETECT_SETTINGS, null);
  }
  return summarise(state);
}

const KEY = "model_call|/token_count";

describe("a prior from peers", () => {
  it("needs three peers that have learned something", () => {
    expect(buildPrior([peer(1), peer(2)])).toBeNull();
    expect(buildPrior([peer(1, 30), peer(2, 30), peer(3, 30)])?.lanes).toEqual({});
    expect(buildPrior([peer(1), peer(2), peer(3)])?.lanes[KEY]).toBeDefined();
  });

  it("is hardly moved by one poisoned peer", () => {
    const healthy = [1, 2, 3, 4, 5, 6].map((seed) => peer(seed));
    const clean = buildPrior([...healthy, peer(7)])!.lanes[KEY]!;
    const poisoned = buildPrior([...healthy, peer(7, 200, 10_000)])!.lanes[KEY]!;
    expect(Math.abs(poisoned.q[4]! - clean.q[4]!)).toBeLessThan(0.5);
    expect(Math.abs(poisoned.q[8]! - clean.q[8]!)).toBeLessThan(1);
  });

  it("caps what borrowed levels weigh, and weighs them less the more peers differ", () => {
    const alike = buildPrior([1, 2, 3, 4].map(() => peer(1)))!.lanes[KEY]!;
    const apart = buildPrior([peer(1), peer(2, 200, 8), peer(3, 200, 64), peer(4, 200, 512)])!.lanes[KEY]!;
    expect(alike.centreWeight).toBeLessThanOrEqual(10);
    expect(apart.centreWeight).toBeLessThan(1);
  });

  it("lets a newcomer be judged from its sixth sample on", () => {
    const prior = buildPrior([1, 2, 3, 4, 5].map((seed) => peer(seed)));
    const agent = healthyAgent(9, 0.5);
    const state = createDetector();
    for (let i = 0; i < 8; i++)
      expect(observe(state, observation(i, { ...agent() }), DEFAULT_DETECT_SETTINGS, prior)).toEqual([]);
    const found = [8, 9, 10].flatMap((i) =>
      observe(state, observation(i, { ...FAULTS["tokens x100"](agent(), 0) }), DEFAULT_DETECT_SETTINGS, prior),
    );
    expect(found.some((a) => a.verdict === "quarantine")).toBe(true);
  });
});
