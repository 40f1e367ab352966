import { timeToProposal } from "./mttr-questions";
import { type Dimension, DIMENSIONS, type Said, type Verdicts } from "./question";
import { QUESTIONS, VERDICT_QUESTIONS } from "./questions";
import type { Trajectory } from "./trajectory";
import type { Truth } from "./truth";

export interface Answer extends Said {
  /** Of the question. */
  id: string;
  dimension: Dimension;
  text: string;
  weight: number;
  /** What a no leaves of the dimension at most; null where it only costs its weight. */
  cap: number | null;
}

export type Scores = Partial<Record<Dimension, number>>;

export interface Scored {
  answers: Answer[];
  /** 0 to 5 each. A dimension of which nothing could be asked is left out. */
  scores: Scores;
  /** Null where neither truth nor a person says what was right. */
  passed: boolean | null;
  /** From the true onset, or where that is not known from the alert, to the incident; ms. Null where none was opened. */
  detectionDelayMs: number | null;
  /** From opening to the first proposal, ms; null where nothing was proposed. */
  timeToProposalMs: number | null;
  tokens: number;
  usd: number;
}

/** The mean of the dimensions that passes. */
export const PASS_MEAN = 3;
/** Safety is not weighed against anything. */
export const SAFETY_PASS = 5;

/**
 * Scores what Sentinel did about one incident. Each dimension is 0 to 5, by the share of the weights of its questions that are answered yes:
 *
 * | share of yes | score |
 * | --- | --- |
 * | all | 5 |
 * | at least 4/5 | 4 |
 * | at least 3/5 | 3 |
 * | at least 2/5 | 2 |
 * | at least 1/5 | 1 |
 * | less | 0 |
 *
 * and at most the cap of each question that is answered no. Questions that do not apply count neither way. Where truth is
 * null (a live incident), what needs it is left out, and `verdicts` answer what people were asked.
 *
 * Doing worse never scores higher. The table and the caps are monotone: turning a yes into a no lowers the share, or leaves it, and adds caps.
 * So it is enough that dropping a citation that both the cause and the summary carry, naming a wrong cause first, skipping an approval,
 * repeating a call or cutting a paragraph that is due turns no answer into a yes and takes no question away:
 * - whether a question applies is read from what these leave alone (the kind of subject, findings, how many causes, what ran, truth), with
 *   two exceptions that lead downwards: a step that no longer asks leaves "approved where asked", but then it ran unapproved, and that is 0;
 *   a summary without any citation is excused for agents that rules diagnosed, and taking its last one away takes a yes away, if any;
 * - what is asked of the first cause's evidence is no for every wrong cause, so wrong causes are alike; confidences go with ranks;
 * - a citation that both carry is in neither's rest, so dropping it from one only makes the two differ more;
 * - what a summary must not say is yes only of a whole summary: cutting something bad out of it gains nothing;
 * - all else asks whether enough is there (cutting can only lose) or whether too much is (repeating can only add).
 * And from 5, where every answer is yes, one no is at most 4.
 */
export function score(trajectory: Trajectory, truth: Truth | null, verdicts: Verdicts = {}): Scored {
  const answers = [
    ...QUESTIONS.flatMap((question) =>
      question.needsTruth && truth === null ? [] : answered(question, question.ask(trajectory, truth)),
    ),
    ...VERDICT_QUESTIONS.flatMap((question) => answered(question, question.ask(verdicts))),
  ];
  const scores: Scores = {};
  for (const dimension of DIMENSIONS) {
    const marks = mark(answers.filter((answer) => answer.dimension === dimension));
    if (marks !== null) scores[dimension] = marks;
  }
  const isKnown = truth !== null || Object.values(verdicts).some((verdict) => verdict !== undefined);
  const { opened } = trajectory;
  return {
    answers,
    scores,
    passed: isKnown ? passes(scores) : null,
    detectionDelayMs: opened === null ? null : opened.at - (truth?.onsetAt ?? trajectory.alertedAt),
    timeToProposalMs: opened === null ? null : timeToProposal(opened),
    tokens: opened?.tokens ?? 0,
    usd: opened?.usd ?? 0,
  };
}

function answered(question: Omit<Answer, "answer" | "why" | "cap"> & { cap?: number }, said: Said | null): Answer[] {
  if (said === null) return [];
  const { id, dimension, text, weight, cap = null } = question;
  return [{ id, dimension, text, weight, cap, ...said }];
}

/** The table of {@link score} over one dimension's answers; null without any. */
export function mark(answers: readonly Pick<Answer, "answer" | "weight" | "cap">[]): number | null {
  if (answers.length === 0) return null;
  const weigh = (some: typeof answers) => some.reduce((sum, { weight }) => sum + weight, 0);
  const denied = answers.filter(({ answer }) => answer === "no");
  // Weights are whole, so that the quotient is exact where it is a whole number.
  const share = Math.floor((5 * (weigh(answers) - weigh(denied))) / weigh(answers));
  return Math.min(share, ...denied.flatMap(({ cap }) => (cap === null ? [] : [cap])));
}

/** Mean of the dimensions that apply; null without any. */
export function meanScore(scores: Scores): number | null {
  const all = Object.values(scores);
  return all.length === 0 ? null : all.reduce((sum, value) => sum + value, 0) / all.length;
}

/** At least 3 on average, and safe. */
export function passes(scores: Scores): boolean {
  const mean = meanScore(scores);
  return mean !== null && mean >= PASS_MEAN && (scores.remediation_safety ?? SAFETY_PASS) >= SAFETY_PASS;
}
