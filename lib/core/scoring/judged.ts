import { type Agreement, agreement } from "./agreement";
import { type Dimension, DIMENSIONS } from "./question";
import type { Answer } from "./score";

/** A judge's answer to one question, with the line of the record that it cites, as it was sent. */
export interface JudgedAnswer {
  id: string;
  answer: "yes" | "no";
  line: string;
}

/** Answers that do not count. */
export interface Dropped {
  /** Questions whose cited line does not stand in what was sent. */
  uncited: number;
  /** Questions that were answered yes and no. */
  contradicted: number;
  /** Answers to questions that were not asked. */
  unasked: number;
}

/** What a judge said of one case. */
export interface Judged {
  /** `provider/model`. */
  model: string;
  answers: JudgedAnswer[];
  dropped: Dropped;
  /** Why there are no answers; null where there are. */
  failed: string | null;
}

export const NOTHING_DROPPED: Dropped = { uncited: 0, contradicted: 0, unasked: 0 };

/** A shorter part of a line stands in many, and points at none. */
const MIN_CITED_CHARS = 12;

/** Quotes, escapes and runs of spaces are where an honest copy differs. */
const plainly = (line: string): string => line.replaceAll(/["\\]/g, "").replaceAll(/\s+/g, " ").trim();

/** The sent line that a citation copies, whole or in a part of at least 12 characters; null where there is none. */
function citedLine(cited: string, sent: readonly { line: string; plain: string }[]): string | null {
  const wanted = plainly(cited);
  const found = sent.find(({ plain }) => plain === wanted && wanted !== "");
  if (found !== undefined) return found.line;
  return wanted.length < MIN_CITED_CHARS ? null : (sent.find(({ plain }) => plain.includes(wanted))?.line ?? null);
}

/** The answers that count: to what was asked, once, or always the same, with a line that was `sent`; the others are counted. */
export function checkedAnswers(
  given: readonly JudgedAnswer[],
  asked: readonly string[],
  sent: readonly string[],
): Pick<Judged, "answers" | "dropped"> {
  const lines = sent.map((line) => ({ line, plain: plainly(line) }));
  const dropped = { ...NOTHING_DROPPED, unasked: given.filter(({ id }) => !asked.includes(id)).length };
  const answers = asked.flatMap((id): JudgedAnswer[] => {
    const own = given.filter((one) => one.id === id);
    const [first] = own;
    if (first === undefined) return [];
    if (own.some(({ answer }) => answer !== first.answer)) {
      dropped.contradicted++;
      return [];
    }
    const line = own.map((one) => citedLine(one.line, lines)).find((one) => one !== null);
    if (line !== undefined) return [{ id, answer: first.answer, line }];
    dropped.uncited++;
    return [];
  });
  return { answers, dropped };
}

/** A question that scorer and judge answered differently, with what either goes by. */
export interface Disagreement {
  case: string;
  id: string;
  dimension: Dimension;
  text: string;
  scorer: "yes" | "no";
  why: string;
  judge: "yes" | "no";
  line: string;
}

export interface JudgeAgreement {
  all: Agreement;
  /** Of the dimensions in which both answered something. */
  dimensions: Partial<Record<Dimension, Agreement>>;
  disagreements: Disagreement[];
}

/** How far a judge agrees with the scorer, over the questions of all cases that both answered. */
export function judgeAgreement(
  cases: readonly { id: string; scorer: readonly Answer[]; judge: readonly JudgedAnswer[] }[],
): JudgeAgreement {
  const both = cases.flatMap(({ id: name, scorer, judge }) => {
    const judged = new Map(judge.map((one) => [one.id, one]));
    return scorer.flatMap(({ id, dimension, text, answer, why }): Disagreement[] => {
      const other = judged.get(id);
      if (other === undefined) return [];
      return [{ case: name, id, dimension, text, scorer: answer, why, judge: other.answer, line: other.line }];
    });
  });
  const of = (some: typeof both) => agreement(some.map(({ scorer, judge }) => [scorer, judge] as const));
  const dimensions: JudgeAgreement["dimensions"] = {};
  for (const name of DIMENSIONS) {
    const own = both.filter(({ dimension }) => dimension === name);
    if (own.length > 0) dimensions[name] = of(own);
  }
  return { all: of(both), dimensions, disagreements: both.filter(({ scorer, judge }) => scorer !== judge) };
}
