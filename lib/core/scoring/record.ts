import { redact } from "../evidence/redact";
import { causeText, stepText } from "./fits";
import type { OpenedIncident, Trajectory } from "./trajectory";
import type { TrueCause, TrueRemedy, Truth } from "./truth";

/**
 * A trajectory and what was true of it as lines of text that can be cited one by one; what matters most comes first, the
 * post-mortem last. Times are seconds after the alert. An empty list is a line as well, so that an absence can be cited. Text of others is
 * redacted before it is split, since a secret may span lines.
 */
export function recordOf({ subjectKind, subject, alertedAt, opened }: Trajectory, truth: Truth): string[] {
  const at = (time: number | null): string => (time === null ? "never" : `${seconds(time - alertedAt)} s`);
  return [
    `subject: ${subjectKind} ${subject}, alerted at 0 s`,
    ...truthLines(truth, at),
    ...(opened === null ? ["incident: none was opened"] : incidentLines(opened, at)),
  ];
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
const orNone = (values: readonly string[]): string => values.join("; ") || "none";

/** One line for each line of a text, or one that says it is empty. */
function textLines(label: string, text: string): string[] {
  const lines = redact(text)
    .text.split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  return lines.length === 0 ? [`${label}: none`] : lines.map((line) => `${label}: ${line}`);
}

/** One line for each item, or one that says there is none. */
const listLines = <T>(label: string, items: readonly T[], say: (item: T) => string): string[] =>
  items.length === 0 ? [`${label}: none`] : items.map((item) => oneLine(`${label}: ${say(item)}`));

const oneLine = (text: string): string => redact(text).text.replaceAll(/\s+/g, " ");

function truthLines(truth: Truth, at: (time: number | null) => string): string[] {
  const { healthy, onsetAt, severity, causes, remedies, words } = truth;
  const cause = ({ node, kinds }: TrueCause) => `${node ?? "no node"}/${kinds.join(" or ") || "any kind"}`;
  const remedy = ({ action, target }: TrueRemedy) => stepText({ action, target });
  return [
    `truth: ${healthy ? "nothing is wrong" : "there is a fault"}, it began at ${at(onsetAt)}`,
    `truth: severity ${severity === null ? "does not matter" : `${severity.from} to ${severity.to} of 10`}`,
    `truth: right causes ${orNone(causes.right.map(cause))}; acceptable ${orNone(causes.acceptable.map(cause))}`,
    `truth: ruled out causes ${orNone(causes.forbidden.map(cause))}`,
    `truth: right remedies ${orNone(remedies.right.map(remedy))}; acceptable ${orNone(remedies.acceptable.map(remedy))} (* is any)`,
    `truth: harmful remedies ${orNone(remedies.forbidden.map(remedy))} (* is any)`,
    `truth: the summary must hold one of each: ${orNone(words.required.map((group) => group.join(" or ")))}`,
    `truth: the messages must not say: ${orNone(words.forbidden)}`,
  ].map(oneLine);
}

function incidentLines(opened: OpenedIncident, at: (time: number | null) => string): string[] {
  const { onset, closedAt, messages } = opened;
  return [
    `incident: opened at ${at(opened.at)}, severity ${opened.severity} of 10, verdict ${opened.verdict}`,
    `incident: state ${opened.state}, closed at ${at(closedAt)}`,
    oneLine(`incident: outcome ${opened.outcome ?? "none"}`),
    `incident: estimated onset ${onset === null ? "none" : `${at(onset.at)}, between ${at(onset.from)} and ${at(onset.to)}`}`,
    ...textLines("summary", messages.summary),
    ...textLines("status line", messages.statusLine),
    ...listLines(
      "cause",
      opened.causes.map((cause, i) => ({ ...cause, rank: i + 1 })),
      (cause) =>
        `${cause.rank}. ${causeText(cause)}, confidence ${cause.confidence.toFixed(2)}, cites ${cause.cites.join(", ") || "nothing"}: ${cause.statement}`,
    ),
    ...listLines("proposal", opened.proposals, (step) =>
      [
        `${step.id} ${stepText(step)} at ${at(step.at)}, risk ${step.risk}, severity ${step.severity}, policy ${step.policy}`,
        step.approval === null ? "no person asked" : `person: ${step.approval.state} at ${at(step.approval.at)}`,
        `undo: ${step.undo ?? "none"}`,
        `arguments from untrusted text: ${step.argumentsFromUntrustedText ? "yes" : "no"}`,
      ].join(", "),
    ),
    ...listLines("carried out", opened.runs, (run) =>
      `${stepText(run)} at ${at(run.startedAt)}, risk ${run.risk}, for ${run.proposal ?? "a person, by hand"}, measured: ${run.outcome}`,
    ),
    ...listLines("hold", opened.holds, ({ agent, from, to }) => `${agent} from ${at(from)} to ${to === null ? "the end" : at(to)}`),
    ...listLines("tool call", opened.calls, ({ tool, args, ok, ms }) =>
      `${tool} ${JSON.stringify(args) ?? ""} ${ok ? "succeeded" : "failed"} after ${seconds(ms)} s`,
    ),
    `tool calls: ${opened.calls.length}, together ${seconds(opened.calls.reduce((sum, { ms }) => sum + ms, 0))} s`,
    oneLine(`ran out: ${orNone(opened.ranOut)}`),
    oneLine(`could not be read: ${orNone(opened.couldNotLook)}`),
    ...listLines("finding", opened.findings, ({ id, kind, node, text }) => `${id} (${kind}, ${node ?? "no node"}): ${text}`),
    ...textLines("post-mortem", messages.postmortem),
  ]; // prettier-ignore
}
