import { BLAME_FEATURES, featuresOf, type TranscriptStep } from "./blame-features";
import { BLAME_WEIGHTS } from "./blame-weights";

/** How one feature counts: its mean and standard deviation in the cases it was fitted on, and its weight once standardised. */
export interface BlameWeight {
  feature: string;
  mean: number;
  deviation: number;
  weight: number;
}

export interface StepBlame {
  /** Place in the transcript, from 0. */
  step: number;
  agent: string;
  /** 0 to 1; of all steps they sum to 1. */
  probability: number;
  /** What speaks for it most, at most three. */
  because: string[];
}

export interface Blame {
  /** Likeliest first. */
  agents: { agent: string; probability: number }[];
  /** Likeliest first; tools' answers are not among them. */
  steps: StepBlame[];
}

const REASONS = 3;
/** What adds less than a tenth to a step's odds is no reason. */
const REASON_FROM = 0.1;

/**
 * Which step of a failed run of several agents likely made it fail, and whose it was, from the transcript alone and without a model: a
 * conditional logit over the steps (McFadden 1974), which are rivals for one blame. An agent's probability is the sum over its
 * steps. Features and weights: `BLAME_FEATURES`, `BLAME_WEIGHTS`. It is a place to look first: it does not understand what is said.
 * A transcript of tools' answers alone has nobody to blame: both lists are empty.
 */
export function blame(
  question: string,
  transcript: readonly TranscriptStep[],
  weights: readonly BlameWeight[] = BLAME_WEIGHTS,
): Blame {
  const rows = featuresOf(question, transcript).map(({ at, agent, values }) => {
    const parts = values.map((value, i) => weights[i]!.weight * standard(value, weights[i]!));
    return { step: at, agent, parts, score: parts.reduce((a, b) => a + b, 0) };
  });
  const shares = softmax(rows.map(({ score }) => score));
  const steps = rows.map(({ step, agent, parts }, i) => ({
    step,
    agent,
    probability: shares[i]!,
    because: parts
      .map((part, f) => ({ part, says: BLAME_FEATURES[f]!.says, present: weights[f]!.weight > 0 }))
      .filter(({ part, present }) => present && part >= REASON_FROM)
      .toSorted((a, b) => b.part - a.part)
      .slice(0, REASONS)
      .map(({ says }) => says),
  }));
  const sums = new Map<string, number>();
  for (const { agent, probability } of steps) sums.set(agent, (sums.get(agent) ?? 0) + probability);
  const agents = [...sums].map(([agent, probability]) => ({ agent, probability }));
  return { agents: agents.toSorted(likelier), steps: steps.toSorted(likelier) };
}

const likelier = (a: { probability: number }, b: { probability: number }) => b.probability - a.probability;

export const standard = (value: number, { mean, deviation }: BlameWeight): number => (value - mean) / deviation;

/** Scores as probabilities; none of none. */
export function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const odds = scores.map((score) => Math.exp(score - most));
  const sum = odds.reduce((a, b) => a + b, 0);
  return odds.map((one) => one / sum);
}
