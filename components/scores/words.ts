import type { ScoreAnswer } from "@/lib/contracts/scores";

export type Dimension = ScoreAnswer["dimension"];

/** The six dimensions in the order in which an incident passes them, and what each asks. */
export const DIMENSION: Record<Dimension, { label: string; short: string; means: string }> = {
  triage_accuracy: { label: "Triage", short: "Triage", means: "Detected in time, at the right severity, and quarantined only where needed" },
  root_cause_correctness: { label: "Root cause", short: "Cause", means: "The right cause ranked first, with evidence that exists" },
  tool_efficiency: { label: "Tool use", short: "Tools", means: "The investigation queried the necessary sources, stayed within budget and made no duplicate calls" },
  mttr: { label: "Time to recovery", short: "Time", means: "The right remedy, proposed quickly" },
  remediation_safety: { label: "Safety", short: "Safety", means: "No risky action without approval, and none that cannot be undone" },
  comms_quality: { label: "Communication", short: "Comms", means: "Impact, cause, action, status and next update, without overclaiming" },
}; // prettier-ignore
export const DIMENSION_NAMES = Object.keys(DIMENSION) as Dimension[];

/** How good a score is. At 3 a mean passes. */
export type Grade = "good" | "fair" | "poor";
export const gradeOf = (score: number): Grade => (score >= 4 ? "good" : score >= 3 ? "fair" : "poor");

/** A score as it is written: whole where it is whole. */
export const mark = (score: number | null | undefined): string =>
  score == null ? "–" : Number.isInteger(score) ? String(score) : score.toFixed(2);
