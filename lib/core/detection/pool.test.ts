import { describe, expect, it } from "vitest";
import { type Fault, FAULTS, healthyAgent, observation } from "@/lib/evals/detection/generate";
import { blindSpots } from "./blind-spots";
import {
  createDetector,
  DEFAULT_DETECT_SETTINGS,
  declareChange,
  type DetectorState,
  observe,
  type Observation,
} from "./detect";

const LEARNED = 160;
/** How many samples more than without the trick a fault may take. */
const MARGIN = 10;
type Naming = (n: number) => Partial<Observation>;

const see = (state: DetectorState, o: Observation) =>
  observe(state, o, DEFAULT_DETECT_SETTINGS, null).some((found) => found.verdict !== "watch");

/** Samples until a fault is proved, 1 being at once; null if it never is within `limit`. */
function delay(
  seed: number,
  fault: Fault,
  naming: Naming,
  usual: Partial<Observation> = {},
  limit = 60,
): number | null {
  const agent = healthyAgent(seed, 0.4);
  const state = createDetector();
  for (let i = 0; i < LEARNED; i++) see(state, observation(i, { ...agent() }, usual));
  for (let n = 0; n < limit; n++)
    if (see(state, observation(LEARNED + n, { ...fault(agent(), n) }, { ...usual, ...naming(n) }))) return n + 1;
  return null;
}

const failing: Fault = (v, n) => ({ ...FAULTS["tokens x100"](v, n), error: 1 });
const NAMINGS: [string, Naming][] = [
  ["a step kind", (n) => ({ stepKind: `s-${n}` })],
  ["a prompt version", (n) => ({ promptVersion: `v-${n}` })],
  ["a prompt hash", (n) => ({ promptHash: `p-${n}` })],
  ["a model", (n) => ({ model: `m-${n}` })],
  ["an answering model", (n) => ({ responseModel: `m-${n}` })],
  ["a tools hash", (n) => ({ toolsHash: `t-${n}` })],
  ["a run", (n) => ({ runId: `r-${n}` })],
  ["a tool", (n) => ({ kind: "tool_call", tool: `t-${n}` })],
  ["everything", (n) => ({ model: `m-${n}`, promptVersion: `v-${n}`, toolsHash: `t-${n}`, stepKind: `s-${n}`, runId: `r-${n}` })],
  ["a step kind every 19 samples", (n) => ({ stepKind: `s-${Math.floor(n / 19)}` })],
  ["one of seven step kinds", (n) => ({ stepKind: `s-${n % 7}` })],
  ["one of three prompt versions", (n) => ({ promptVersion: `v-${n % 3}` })],
]; // prettier-ignore

describe("a fault in calls that are named anew", () => {
  describe.each<[string, Fault]>([
    ["failures at 100 times the tokens", failing],
    ["100 times the tokens", FAULTS["tokens x100"]],
    ["cheap failures", FAULTS["errors 100 %"]],
    ["retries", FAULTS["retries 100 %"]],
  ])("%s", (_, fault) => {
    it.each(NAMINGS)("are found under %s each", (_name, naming) => {
      for (const seed of [1, 2, 3]) {
        const control = delay(seed, fault, () => ({}));
        expect(delay(seed, fault, naming) ?? Infinity).toBeLessThanOrEqual(control! + MARGIN);
      }
    });
  });

  it("is found in a run's end that was never reported before", () => {
    const control = delay(1, failing, () => ({}))!;
    expect(delay(1, failing, () => ({ kind: "run_end" })) ?? Infinity).toBeLessThanOrEqual(control + MARGIN);
  });

  it("is found in plain calls after a hundred healthy ones under new names", () => {
    const agent = healthyAgent(5, 0.4);
    const state = createDetector();
    for (let i = 0; i < LEARNED; i++) see(state, observation(i, { ...agent() }));
    for (let i = 0; i < 100; i++)
      expect(see(state, observation(200 + i, { ...agent() }, { stepKind: `s-${i}`, promptVersion: `v-${i}` }))).toBe(false);
    let n = 0;
    while (!see(state, observation(300 + n, { ...failing(agent(), n) })) && n < 60) n++;
    expect(n).toBeLessThan(MARGIN);
  }); // prettier-ignore

  it("is found after one announced change, and after one before every tenth call", () => {
    for (const every of [1_000, 10]) {
      const agent = healthyAgent(6, 0.4);
      const state = createDetector();
      for (let i = 0; i < LEARNED; i++) see(state, observation(i, { ...agent() }));
      let n = 0;
      for (let proved = false; !proved && n < 60; n++) {
        if (n % every === 0) declareChange(state, { at: 0, kind: "config" });
        proved = see(state, observation(300 + n, { ...FAULTS["tokens x100"](agent(), n) }));
      }
      expect(n).toBeLessThanOrEqual(MARGIN);
    }
  });
});

describe("healthy calls that are named anew", () => {
  const twice: Fault = (v) => ({ ...v, input_tokens: v.input_tokens * 4, token_count: v.token_count * 4, cost: v.cost * 4, latency_ms: v.latency_ms * 4 }); // prettier-ignore
  const LIMIT = 200;
  it.each<[string, Naming, Fault]>([
    ...NAMINGS.map(([name, naming]): [string, Naming, Fault] => [`${name} each`, naming, (v) => v]),
    ["a new kind of step that is four times as large", () => ({ stepKind: "report" }), twice],
    ["four new kinds of steps, each four times as large", (n) => ({ stepKind: `report-${n % 4}` }), twice],
    ["five models in turn", (n) => ({ model: `m-${n % 5}` }), (v) => v],
    ["thirty tools in turn", (n) => ({ kind: "tool_call", tool: `t-${n % 30}` }), (v, n) => ({ ...v, latency_ms: v.latency_ms * (1 + (n % 30)) * 3 })],
  ])("hold nobody: %s", (_, naming, fault) => {
    const held = Array.from({ length: 12 }, (_seed, seed) => delay(100 + seed, fault, naming, {}, LIMIT));
    expect(held.filter((n) => n !== null)).toEqual([]);
  }); // prettier-ignore
});

describe("what cannot be judged", () => {
  const spots = (naming: Naming, values: (v: Observation["values"]) => Observation["values"], n = 130) => {
    const agent = healthyAgent(9, 0.4);
    const state = createDetector();
    for (let i = 0; i < LEARNED; i++) see(state, observation(i, { ...agent() }));
    for (let i = 0; i < n; i++) see(state, observation(LEARNED + i, values({ ...agent() }), naming(i)));
    return blindSpots(state, false);
  };
  const same = (v: Observation["values"]) => v;
  const withoutTokens = ({ latency_ms, error }: Observation["values"]) => ({ latency_ms, error }) as Observation["values"];
  it.each<[string, Naming, typeof same, string[]]>([
    ["nothing, of an ordinary agent", () => ({}), same, []],
    ["nothing, of an agent with a few models and steps", (n) => ({ model: `m-${n % 3}`, stepKind: `s-${n % 3}` }), same, []],
    ["calls without any number", () => ({}), () => ({}), ["no_vitals"]],
    ["numbers that are not reported any more", () => ({}), withoutTokens, ["missing_vitals"]],
    ["names that are new with each call", (n) => ({ stepKind: `s-${n}` }), same, ["high_cardinality"]],
    ["models that are new with each call", (n) => ({ model: `m-${n}` }), same, ["high_cardinality"]],
  ])("is %s", (_, naming, values, expected) => expect(spots(naming, values)).toEqual(expected));
}); // prettier-ignore
