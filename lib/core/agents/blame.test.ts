import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blame } from "./blame";
import { BLAME_FEATURES, featuresOf, isToolAnswer, type TranscriptStep } from "./blame-features";
import { BLAME_WEIGHTS } from "./blame-weights";

const say = (agent: string, content: string, role?: string): TranscriptStep => ({ agent, content, role });
const RUN = [
  say("Manager", "Count the 12 shops in the list. Plan: load the list, then count."),
  say("Analyst", "Let's load it.\n```python\nprint(len(rows))\n```"),
  say("Computer_terminal", "exitcode: 1 (execution failed)\nCode output: Traceback (most recent call last):\n"),
  say(
    "Guesser",
    "We cannot run this, so I will assume typical values by hand: there are 57 shops, and 23 of them are open.",
  ),
  say("Checker", "Confirmed."),
  say("Checker", "TERMINATE"),
];
const valueOf = (steps: TranscriptStep[], at: number, feature: string, question = "") =>
  featuresOf(question, steps).find((row) => row.at === at)!.values[
    BLAME_FEATURES.findIndex(({ name }) => name === feature)
  ];

test("weights stand in the order of the features, and scales can be divided by", () => {
  expect(BLAME_WEIGHTS.map(({ feature }) => feature)).toEqual(BLAME_FEATURES.map(({ name }) => name));
  expect(BLAME_WEIGHTS.every(({ deviation }) => deviation > 0)).toBe(true);
});

describe("blame", () => {
  test("a made-up figure is named before who repeats it, with the reason", () => {
    const { agents, steps } = blame("How many shops are open?", RUN);
    expect(agents[0]!.agent).toBe("Guesser");
    expect(steps[0]).toMatchObject({ step: 3, agent: "Guesser" });
    expect(steps[0]!.because).toContain("gives up, or leaves the work to be done manually");
    expect(steps.map(({ step }) => step).toSorted((a, b) => a - b)).toEqual([0, 1, 3, 4, 5]);
  });

  test("an agent's probability is that of its steps together", () => {
    const { agents, steps } = blame("", RUN);
    const checker = steps.filter(({ agent }) => agent === "Checker").reduce((sum, { probability }) => sum + probability, 0); // prettier-ignore
    expect(agents.find(({ agent }) => agent === "Checker")!.probability).toBeCloseTo(checker, 12);
  });

  test("nobody is to blame where only tools speak, or nobody", () => {
    expect(blame("", [])).toEqual({ agents: [], steps: [] });
    expect(blame("", [say("Computer_terminal", "exitcode: 0"), say("api", "{}", "tool")])).toEqual({ agents: [], steps: [] }); // prettier-ignore
  });

  test("any text gives probabilities that sum to 1", () => {
    const step = fc.record({ agent: fc.constantFrom("A", "B", "terminal"), content: fc.string({ unit: "binary" }) });
    fc.assert(
      fc.property(fc.string(), fc.array(step), (question, steps) => {
        const { agents, steps: blamed } = blame(question, steps);
        expect(blamed).toHaveLength(steps.filter((one) => !isToolAnswer(one)).length);
        for (const list of [agents, blamed])
          if (list.length > 0) expect(list.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe("features", () => {
  test.each([
    ["failed", 1, 1],
    ["first_failure", 1, 1],
    ["first_code", 1, 1],
    ["before_failure", 1, 1],
    ["before_failure", 3, 0],
    ["after_failure", 3, 1],
    ["assumes", 3, 1],
    ["gives_up", 3, 1],
    ["fresh_numbers", 3, Math.log1p(2)],
    ["unsupported", 3, 0],
    ["confirms", 4, 1],
    ["new_agent", 4, 1],
    ["new_agent", 5, 0],
    ["same_agent", 5, 1],
    ["stops", 5, 1],
    ["last", 5, 1],
    ["opening", 0, 1],
    ["share", 4, 2 / 5],
  ])("%s of step %i is %f", (feature, at, value) => expect(valueOf(RUN, at, feature)).toBeCloseTo(value, 12));

  test("figures of the question are no news", () => {
    const steps = [say("A", "Go."), say("B", "It has 4 floors and 31 rooms.")];
    expect(valueOf(steps, 1, "fresh_numbers")).toBeCloseTo(Math.log1p(2), 12);
    expect(valueOf(steps, 1, "fresh_numbers", "What are the 31 rooms?")).toBeCloseTo(Math.log1p(1), 12);
    expect(valueOf(steps, 1, "unsupported")).toBe(1);
  });

  test.each([
    [say("Computer_terminal", "x"), true],
    [say("Ann", "exitcode: 0 (execution succeeded)"), true],
    [say("search", "{}", "tool"), true],
    [say("Toolsmith", "I use a terminal"), false],
  ])("%j is a tool's answer: %s", (step, tool) => expect(isToolAnswer(step)).toBe(tool));
});
