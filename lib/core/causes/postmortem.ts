import { outcomeText } from "../base/vocabulary";
import { durationText } from "../base/durations";

/** What is known of a closed incident, for the draft of its post-mortem. Texts may quote untrusted text; times are epoch ms. */
export interface PostmortemInput {
  id: string;
  title: string;
  severity: number;
  /** What the incident is about. */
  of: "agent" | "service";
  subjects: readonly string[];
  onsetAt: number;
  openedAt: number;
  closedAt: number;
  outcome: string;
  /** Measured at the worst: `CPU 0.92 cores (limit 0.5)`. */
  impact: readonly string[];
  causes: readonly { statement: string; confidence: number; author: string; cites: readonly string[] }[];
  findings: readonly { id: string; text: string }[];
  couldNotLook: readonly string[];
  operations: readonly { name: string; by: string; at: number; outcome: string; reason: string }[];
  timeline: readonly { at: number; text: string }[];
  previousIncidentId: string | null;
  /** It happened in a drill: whoever reads the text elsewhere has to know. */
  drill: boolean;
}

/** Lines of the timeline that a draft repeats; the incident's page has them all. */
const MAX_TIMELINE = 40;
/** Characters of one quoted line. */
const MAX_LINE = 300;

/**
 * The draft of a post-mortem in markdown: what happened when, what it did, what it coincides with and what that rests on,
 * what was tried, and what is left to do. Careful words throughout: a cause is a hypothesis with its evidence. Quoted
 * text cannot become markup.
 */
export function postmortem(input: PostmortemInput): string {
  const [first, ...rivals] = input.causes;
  const cited = new Map(input.findings.map((finding, index) => [finding.id, index + 1]));
  const marks = (ids: readonly string[]) =>
    ids.map((id) => cited.get(id)).filter((n) => n !== undefined).map((n) => `[${n}]`).join(" "); // prettier-ignore
  const shown = input.timeline.slice(0, MAX_TIMELINE);
  const sections = [
    `# Post-mortem (draft${input.drill ? " of a drill" : ""}): ${plain(input.title)}`,
    ...(input.drill
      ? ["This is the record of a drill: a recorded incident that was replayed. Nothing in it was real."]
      : []),
    [
      `Incident \`${input.id}\`, severity ${input.severity.toFixed(1)}, ${input.of}${input.subjects.length === 1 ? "" : "s"} ${input.subjects.map(plain).join(", ") || "unknown"}.`,
      `The incident began at about ${stamp(input.onsetAt)}, was opened ${durationText(input.openedAt - input.onsetAt)} later, and closed after ${durationText(input.closedAt - input.openedAt)}: ${plain(input.outcome)}.`,
      ...(input.previousIncidentId ? [`Recurrence of \`${input.previousIncidentId}\`.`] : []),
    ].join("\n"),
    section("Impact", list(input.impact, "Not measured.")),
    section(
      "Possible causes",
      first
        ? [
            `${plain(first.statement)} ${marks(first.cites)} (confidence ${percent(first.confidence)}, written by ${plain(first.author)})`,
            ...(rivals.length > 0 ? ["", "Alternatives considered:", ""] : []),
            ...rivals.map(
              (rival) => `- ${plain(rival.statement)} ${marks(rival.cites)} (${percent(rival.confidence)})`,
            ),
          ].join("\n")
        : "No cause supported by the evidence.",
    ),
    section(
      "Evidence",
      input.findings.map((finding, index) => `${index + 1}. ${plain(finding.text)}`).join("\n") || "None found.",
    ),
    ...(input.couldNotLook.length > 0 ? [section("Sources that could not be read", list(input.couldNotLook, ""))] : []),
    section(
      "Actions taken",
      list(
        input.operations.map(
          (o) => `${stamp(o.at)}: ${o.name}, allowed by ${o.by}; measured: ${outcomeText(o.outcome)} (${o.reason})`,
        ),
        "None: it recovered without any action, or was closed by a person.",
      ),
    ),
    section(
      "Timeline",
      [
        ...shown.map(({ at, text }) => `- ${stamp(at)} ${plain(text)}`),
        ...(input.timeline.length > shown.length ? [`- … and ${input.timeline.length - shown.length} more`] : []),
      ].join("\n"),
    ),
    section(
      "Follow-ups",
      [
        "- [ ] Confirm or correct the cause above; feedback on it is used for similar incidents.",
        ...(input.couldNotLook.length > 0 ? ["- [ ] Make the sources that could not be read available."] : []),
        ...(input.operations.every(({ outcome }) => outcome !== "recovered")
          ? ["- [ ] No operation had a measured benefit: document what helped."]
          : ["- [ ] The action relieved the symptom: address what led to it."]),
        "- [ ] Would an earlier signal have shown the problem? Compare the onset with the first alert.",
      ].join("\n"),
    ),
  ];
  return `${sections.join("\n\n")}\n`;
}

const section = (title: string, body: string): string => `## ${title}\n\n${body}`;
const list = (lines: readonly string[], none: string): string =>
  lines.length > 0 ? lines.map((line) => `- ${plain(line)}`).join("\n") : none;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** One line of text that markdown shows as it is. */
function plain(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const cut = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
  return cut.replace(/[\\`*_[\]<>#|~!]/g, "\\$&");
}
