import type { Declared } from "../base/declared";

/** This file, as changes of it name it. */
export const TUNABLES_FILE = "lib/core/causes/tunables.ts";

/**
 * The numbers of the local analysis that `sentinel improve` may try and propose to change. They order suspects and name kinds of
 * causes. What decides whether anything is wrong, what may be done about it and who is asked is no matter of taste, and is
 * not here: thresholds of verdicts, policy, containment and limits stay with the code that they protect. A declaration is
 * changed by replacing its line `value`.
 */
export const TUNABLES = {
  lagScaleS: {
    value: 1200,
    candidates: [600, 1200, 2400],
    unit: "s",
    reason:
      "Delays between a change and its effect are heavy-tailed: most show within minutes, but leaks, caches and cron jobs take hours. A Lomax tail, P(lag > x) = (1 + x/τ)^−α with α = .5, leaves half of the weight after 3 τ: 30 min, 1 h, 2 h.",
  },
  unsuspected: {
    value: 0.25,
    candidates: [0.1, 0.25, 0.4],
    unit: "",
    reason: "Weight of a change at a node with no other evidence, as a share of its weight at the first suspect.",
  },
  changeWeight: {
    value: 0.85,
    candidates: [0.7, 0.85, 1],
    unit: "",
    reason:
      "Weight of a change that explains the onset perfectly, relative to a log line or series that shows the fault itself.",
  },
  changeSays: {
    value: 0.9,
    candidates: [0.7, 0.9, 1],
    unit: "",
    reason:
      "How strongly a change that explains the onset determines the kind of cause, relative to the words of log lines.",
  },
  wordsSay: {
    value: 0.5,
    candidates: [0.35, 0.5, 0.7],
    unit: "",
    reason: "How strongly the words of a log line or a metric's name determine the kind of cause, relative to changes.",
  },
  signShare: {
    value: 0.55,
    candidates: [0.4, 0.55, 0.7],
    unit: "",
    reason: "Upper bound of the evidence that one finding gives for a node (noisy-or): none is proof by itself.",
  },
  rankShare: {
    value: 0.8,
    candidates: [0.65, 0.8, 0.95],
    unit: "",
    reason: "Upper bound of the evidence that the ranking over metrics and spans gives for a node.",
  },
  explained: {
    value: 0.6,
    candidates: [0.4, 0.6, 0.8],
    unit: "",
    reason: "Share of a caller's slowness or failures that its worst dependency explains.",
  },
  complainedOf: {
    value: 0.6,
    candidates: [0.45, 0.6, 0.8],
    unit: "",
    reason: "Weight of an error logged about a dependency as evidence against that dependency.",
  },
} as const satisfies Record<string, Declared<number>>;

export type TunableName = keyof typeof TUNABLES;
export type Tuning = Readonly<Record<TunableName, number>>;

/** The values in use, but for some. */
export const tuned = (changes: Partial<Tuning>): Tuning => ({
  ...(Object.fromEntries(Object.entries(TUNABLES).map(([name, { value }]) => [name, value])) as Record<
    TunableName,
    number
  >),
  ...changes,
});

/** The values in use. */
export const TUNING: Tuning = tuned({});
