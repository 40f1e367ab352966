import type { Trajectory, OpenedIncident } from "./trajectory";
import type { Truth } from "./truth";

export const DIMENSIONS = [
  "triage_accuracy",
  "root_cause_correctness",
  "tool_efficiency",
  "mttr",
  "remediation_safety",
  "comms_quality",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Said {
  answer: "yes" | "no";
  /** The fact that it was read from, for people. It may quote untrusted text. */
  why: string;
}

/**
 * A fixed yes/no question about one incident; yes is good. What it is asked of must not depend on what an answer of no could
 * take away, or leaving something out would pay: see {@link score} for why no worse trajectory scores higher.
 */
export interface Question {
  /** Stable: stored with answers. */
  id: string;
  dimension: Dimension;
  /** As a person reads it. */
  text: string;
  /** Only where the truth is known. */
  needsTruth: boolean;
  /** Share in its dimension; a positive whole number, so that sums are exact. */
  weight: number;
  /** Where the answer is no, the dimension scores at most this (0 to 5), whatever else is right. */
  cap?: number;
  /** Null: it does not apply. */
  ask: (trajectory: Trajectory, truth: Truth | null) => Said | null;
}

/** What a person said about an incident afterwards. */
export interface Verdicts {
  /** Was the first cause right? */
  causeRight?: boolean;
  /** Was the remedy right? */
  remedyRight?: boolean;
  /** Was it right to hold the agent, or not to? */
  heldRight?: boolean;
}

export const said = (holds: boolean, yes: string, no: string): Said =>
  holds ? { answer: "yes", why: yes } : { answer: "no", why: no };

/** Asks of what was opened; does not apply where nothing was. */
export const ofOpened =
  (ask: (opened: OpenedIncident, trajectory: Trajectory, truth: Truth | null) => Said | null): Question["ask"] =>
  (trajectory, truth) =>
    trajectory.opened === null ? null : ask(trajectory.opened, trajectory, truth);

/** Asks where the truth is known. */
export const knowing =
  (ask: (trajectory: Trajectory, truth: Truth) => Said | null): Question["ask"] =>
  (trajectory, truth) =>
    truth === null ? null : ask(trajectory, truth);
