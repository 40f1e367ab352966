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
    reason: "What a change is worth at a node that nothing else speaks for, of what it is worth at the first suspect.",
  },
  changeWeight: {
    value: 0.85,
    candidates: [0.7, 0.85, 1],
    unit: "",
    reason:
      "How much a change that explains the onset perfectly weighs beside a line or series that shows the trouble itself.",
  },
  changeSays: {
    value: 0.9,
    candidates: [0.7, 0.9, 1],
    unit: "",
    reason: "A change that explains the onset says what kind of trouble there is: how far, beside words of lines.",
  },
  wordsSay: {
    value: 0.5,
    candidates: [0.35, 0.5, 0.7],
    unit: "",
    reason: "Words of a line or a metric only hint at the kind of trouble: how far, beside changes.",
  },
  signShare: {
    value: 0.55,
    candidates: [0.4, 0.55, 0.7],
    unit: "",
    reason: "How far one sign can speak for a node (noisy or): none is proof by itself.",
  },
  rankShare: {
    value: 0.8,
    candidates: [0.65, 0.8, 0.95],
    unit: "",
    reason: "How far the ranking over metrics and spans can speak for a node.",
  },
  explained: {
    value: 0.6,
    candidates: [0.4, 0.6, 0.8],
    unit: "",
    reason: "How much of a caller's slowness or failures the worst trouble below it explains.",
  },
  complainedOf: {
    value: 0.6,
    candidates: [0.45, 0.6, 0.8],
    unit: "",
    reason: "How much a complaint about what is called says of whom it is about.",
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
