import { goodCauses } from "./fits";
import { knowing, ofOpened, type Question, said } from "./question";
import type { ToolCall } from "./trajectory";

const MINUTE = 60_000;
/** From the first abnormal sample, or the alert, to an incident: a sequential test may need a quarter of an hour of samples. */
const OPENED_WITHIN_MIN = 15;

const clock = (at: number): string => `${new Date(at).toISOString().slice(11, 19)} UTC`;

/** An argument of the call is the node's name. */
export function asksAbout(call: ToolCall, node: string): boolean {
  const holds = (value: unknown, depth: number): boolean => {
    if (typeof value === "string") return value === node;
    if (typeof value !== "object" || value === null || depth === 0) return false;
    return Object.values(value).some((part) => holds(part, depth - 1));
  };
  return holds(call.args, ARGS_DEPTH);
}
/** Arguments of readings are flat or hold one list of filters; what is deeper comes from outside. */
const ARGS_DEPTH = 6;

export const TRIAGE_QUESTIONS: readonly Question[] = [
  {
    id: "fault_opened",
    dimension: "triage_accuracy",
    text: "Was an incident opened for the fault?",
    needsTruth: true,
    weight: 3,
    cap: 0,
    ask: knowing(({ opened }, truth) =>
      truth.healthy ? null : said(opened !== null, "an incident was opened", "no incident was opened"),
    ),
  },
  {
    id: "called_a_fault",
    dimension: "triage_accuracy",
    text: "Was the fault recognised as a fault?",
    needsTruth: true,
    weight: 2,
    cap: 2,
    ask: knowing(({ opened }, truth) => {
      if (truth.healthy) return null;
      const abstains = goodCauses(truth).some(({ kinds }) => kinds.includes("unknown"));
      const verdict = opened?.verdict ?? "no incident";
      return said(
        verdict === "fault" || (verdict === "unknown" && abstains),
        `verdict: ${verdict}`,
        `verdict: ${verdict}, and something was wrong`,
      );
    }),
  },
  {
    id: "healthy_not_blamed",
    dimension: "triage_accuracy",
    text: "Was no fault claimed where nothing was wrong?",
    needsTruth: true,
    weight: 3,
    cap: 1,
    ask: knowing(({ opened }, truth) =>
      truth.healthy
        ? said(opened?.verdict !== "fault", "no fault was claimed", "nothing was wrong, and a fault was claimed")
        : null,
    ),
  },
  {
    id: "healthy_left_alone",
    dimension: "triage_accuracy",
    text: "Was a healthy subject left alone, or reported as healthy?",
    needsTruth: true,
    weight: 2,
    ask: knowing(({ opened }, truth) =>
      truth.healthy
        ? said(
            opened === null || opened.verdict === "no_fault",
            opened === null ? "no incident was opened" : "verdict: no fault",
            `verdict: ${opened?.verdict}`,
          )
        : null,
    ),
  },
  {
    id: "severity_in_range",
    dimension: "triage_accuracy",
    text: "Is the severity in the right range?",
    needsTruth: true,
    weight: 2,
    ask: knowing(({ opened }, { severity: range }) => {
      if (opened === null || range === null) return null;
      const told = `severity ${opened.severity}, right is ${range.from} to ${range.to}`;
      return said(opened.severity >= range.from && opened.severity <= range.to, told, told);
    }),
  },
  {
    id: "onset_in_bounds",
    dimension: "triage_accuracy",
    text: "Does the estimated onset's interval contain the true onset?",
    needsTruth: true,
    weight: 2,
    ask: knowing(({ opened }, { onsetAt }) => {
      if (opened === null || onsetAt === null) return null;
      const { onset } = opened;
      if (onset === null) return said(false, "", `no onset was found; it began at ${clock(onsetAt)}`);
      const told = `between ${clock(onset.from)} and ${clock(onset.to)}; it began at ${clock(onsetAt)}`;
      return said(onset.from <= onsetAt && onsetAt <= onset.to, told, told);
    }),
  },
  {
    id: "subject_looked_at",
    dimension: "triage_accuracy",
    text: "Was the subject's own state examined?",
    needsTruth: false,
    weight: 1,
    ask: ofOpened(({ calls, findings }, { subject }) =>
      said(
        findings.some(({ node }) => node === subject) || calls.some((call) => call.ok && asksAbout(call, subject)),
        `a finding or a reading is about ${subject}`,
        `no finding and no reading is about ${subject}`,
      ),
    ),
  },
  {
    id: "opened_soon",
    dimension: "triage_accuracy",
    text: `Was the incident opened within ${OPENED_WITHIN_MIN} minutes of the alert or of the first abnormal sample?`,
    needsTruth: false,
    weight: 1,
    ask: ofOpened(({ at }, { alertedAt }) => {
      const told = `opened after ${Math.round((at - alertedAt) / 1000)} s`;
      return said(at - alertedAt <= OPENED_WITHIN_MIN * MINUTE, told, told);
    }),
  },
];
