import type { Declared } from "@/lib/core/base/declared";

/** This file, as changes of it name it. */
export const PROMPT_VARIANTS_FILE = "lib/agents/investigation/prompt-variants.ts";

/**
 * The parts of prompts that `sentinel improve` may try in other words where a model is configured. What every prompt says of
 * untrusted text, of reading only and of the form of an answer stands in prompts.ts, and no variant can leave it out. A
 * variant is put in use by replacing its line `value`.
 */
export const PROMPT_VARIANTS = {
  reading: {
    value: "if-it-matters",
    candidates: ["if-it-matters", "one-call", "rivals"],
    unit: "",
    reason:
      "How a specialist decides whether to gather more data: too much costs calls and minutes, too little misses a cause.",
  },
  writing: {
    value: "plain",
    candidates: ["plain", "first-mover", "counter-evidence"],
    unit: "",
    reason: "How rival hypotheses are weighed before the order of the local analysis is changed.",
  },
  refuting: {
    value: "expectation",
    candidates: ["expectation", "timing"],
    unit: "",
    reason: "What the skeptic looks for against the first hypothesis.",
  },
} as const satisfies Record<string, Declared<string>>;

export type PromptPart = keyof typeof PROMPT_VARIANTS;
/** Which variant of each part is asked with. */
export type PromptChoice = { readonly [P in PromptPart]: (typeof PROMPT_VARIANTS)[P]["candidates"][number] };

/** The variants in use, but for some. */
export const chosenPrompts = (changes: Partial<PromptChoice>): PromptChoice => ({
  reading: PROMPT_VARIANTS.reading.value,
  writing: PROMPT_VARIANTS.writing.value,
  refuting: PROMPT_VARIANTS.refuting.value,
  ...changes,
});

/** The words of each variant. */
export const PROMPT_TEXTS: { readonly [P in PromptPart]: Readonly<Record<PromptChoice[P], string>> } = {
  reading: {
    "if-it-matters": "Call a tool only if the result could change the picture; repeating a call returns nothing new.",
    "one-call":
      "Make at most one call, the one whose result is most likely to put another node first; repeating a call returns nothing new. If no result could, make none.",
    rivals:
      "Before a call, name the two likeliest causes and what would be seen under one and not under the other; call a tool only to look for that. Repeating a call returns nothing new.",
  },
  writing: {
    plain: "Write what the responder needs to read.",
    "first-mover":
      "Write what the responder needs to read. Prefer the hypothesis whose own node moved first; a node that only waits for another is not where it began.",
    "counter-evidence":
      "Write what the responder needs to read. For each hypothesis look first for a finding that speaks against it, and prefer the one with the least against it.",
  },
  refuting: {
    expectation:
      "Try to refute the first one: what would you expect to see if it were wrong, and do the findings show it?",
    timing:
      "Try to refute the first one by time: which findings came before it could have had an effect, and which should have followed it and did not?",
  },
};
