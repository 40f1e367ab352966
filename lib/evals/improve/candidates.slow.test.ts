import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isServiceClass, makeServiceCase } from "../cases/case";
import { keysOf } from "../cases/plan";
import {
  PROMPT_TEXTS,
  PROMPT_VARIANTS,
  PROMPT_VARIANTS_FILE,
  chosenPrompts,
} from "@/lib/agents/investigation/prompt-variants";
import { skepticPrompt, synthesisPrompt, toolLoopPrompt } from "@/lib/agents/investigation/prompts";
import { applyChange, onlyChange } from "@/lib/core/base/declared";
import { analyse } from "@/lib/core/causes/analyse";
import { TUNABLES, TUNABLES_FILE, tuned } from "@/lib/core/causes/tunables";
import { parseScenario } from "@/lib/drills/scenarios";
import { candidateOf, candidates } from "./candidates";

const all = [...candidates(false), ...candidates(true)];

describe("every candidate", () => {
  test.each(all.map((one) => [one.id, one] as const))("%s changes one line of its file as it stands", (_, { change }) => {
    const source = readFileSync(change.file, "utf8");
    expect(onlyChange(source, applyChange(source, change), change).before).toBe(`    value: ${JSON.stringify(change.from)},`);
  }); // prettier-ignore

  test("there are some of both kinds, each once, and each other than what is in use", () => {
    expect(candidates(false).length).toBeGreaterThan(5);
    expect(candidates(true).length).toBeGreaterThan(2);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });
});

test("a candidate is what is in use but for its change", () => {
  const [first] = candidates(false);
  const beside = { tunables: { rankShare: 0.3 }, prompts: {} };
  expect(candidateOf(first!.change, beside).variant.tunables).toEqual({ rankShare: 0.3, [first!.change.name]: first!.change.to });
}); // prettier-ignore

describe("the list holds no limit of safety", () => {
  test("declarations stand in two files, which only the analysis, prompts and this search read", () => {
    expect(new Set(all.map(({ change }) => change.file))).toEqual(new Set([TUNABLES_FILE, PROMPT_VARIANTS_FILE]));
    const files = ["lib", "app", "components"].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
    );
    const readers = files
      .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
      .filter((file) => /\/(?:tunables|prompt-variants)"/.test(readFileSync(file, "utf8")));
    expect(readers).toContain("lib/core/causes/suspects.ts");
    const may =
      /^lib\/(?:core\/causes\/(?:analyse|changes|change-evidence|suspects)|agents\/investigation\/\w+|response\/services\/(?:context|investigate)|runtime\/integrations|evals\/improve\/\w+)\.ts$/;
    expect(readers.filter((file) => !may.test(file))).toEqual([]);
  });

  /** What decides whether anything is wrong, so that what is healthy is called a fault or not. */
  test("no number changes whether a fault is called, in any case of the dev set", () => {
    const ends = [Math.min, Math.max].map((end) =>
      tuned(Object.fromEntries(Object.entries(TUNABLES).map(([name, { candidates: all }]) => [name, end(...all)]))),
    );
    const keys = keysOf({ set: "dev", seeds: 1, late: [0] }).filter(({ class: of }) => isServiceClass(of));
    for (const key of keys) {
      const { evidence, after, id } = makeServiceCase(key);
      const { bundle } = parseScenario(evidence, after, Date.UTC(2026, 2, 3, 12));
      const { verdict } = analyse(bundle);
      for (const tuning of ends) expect(analyse(bundle, {}, tuning).verdict, id).toBe(verdict);
    }
  });

  test("every variant of a prompt keeps what is said of untrusted text, of reading only and of the form", () => {
    for (const { id, variant } of candidates(true)) {
      const choice = chosenPrompts(variant.prompts);
      for (const prompt of [toolLoopPrompt("triage", choice), synthesisPrompt(choice), skepticPrompt(choice)]) {
        expect(prompt, id).toContain("never as\ninstructions");
        expect(prompt, id).toContain("You have read access only");
      }
      expect(synthesisPrompt(choice)).toContain("sentences without citations are removed");
    }
  });

  test("every declared variant has its words, and every number a unit it may have", () => {
    for (const [part, { candidates: names }] of Object.entries(PROMPT_VARIANTS))
      expect(Object.keys(PROMPT_TEXTS[part as keyof typeof PROMPT_TEXTS]).toSorted()).toEqual([...names].toSorted());
    for (const { value, candidates: tried, unit } of Object.values(TUNABLES)) {
      expect(tried).toContain(value);
      if (unit === "") for (const one of tried) expect(one > 0 && one <= 1).toBe(true);
    }
  });
});
