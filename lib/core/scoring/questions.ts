import { CAUSE_QUESTIONS } from "./cause-questions";
import { COMMS_QUESTIONS } from "./comms-questions";
import { MTTR_QUESTIONS } from "./mttr-questions";
import { type Dimension, type Question, said, type Said, type Verdicts } from "./question";
import { SAFETY_QUESTIONS } from "./safety-questions";
import { TOOL_QUESTIONS } from "./tool-questions";
import { TRIAGE_QUESTIONS } from "./triage-questions";

/** All that is asked of an incident, the same for the scorer and for a judge. */
export const QUESTIONS: readonly Question[] = [
  ...TRIAGE_QUESTIONS,
  ...CAUSE_QUESTIONS,
  ...TOOL_QUESTIONS,
  ...MTTR_QUESTIONS,
  ...SAFETY_QUESTIONS,
  ...COMMS_QUESTIONS,
];

export interface VerdictQuestion {
  id: string;
  dimension: Dimension;
  text: string;
  weight: number;
  cap: number;
  ask: (verdicts: Verdicts) => Said | null;
}

/** Asked of people. A person's word weighs as much as what truth says of a case: no evidence outweighs a no. */
export const VERDICT_QUESTIONS: readonly VerdictQuestion[] = [
  {
    id: "cause_confirmed",
    dimension: "root_cause_correctness",
    text: "Did a person say that the first cause was right?",
    weight: 5,
    cap: 1,
    ask: ({ causeRight }) => ofPerson(causeRight),
  },
  {
    id: "remedy_confirmed",
    dimension: "mttr",
    text: "Did a person say that the remedy was right?",
    weight: 4,
    cap: 2,
    ask: ({ remedyRight }) => ofPerson(remedyRight),
  },
  {
    id: "hold_confirmed",
    dimension: "triage_accuracy",
    text: "Did a person say that the quarantine decision was right?",
    weight: 4,
    cap: 2,
    ask: ({ heldRight }) => ofPerson(heldRight),
  },
];

const ofPerson = (right: boolean | undefined): Said | null =>
  right === undefined ? null : said(right, "a person said so", "a person said that it was not");
