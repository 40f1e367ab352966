import type { Case } from "./ports";
import type { InvestigationState, Messages, SlackBlock } from "./state";

/** Slack refuses a section's text beyond this. */
const SECTION_CHARS = 3_000;
const SHOWN_BLIND = 4;

/**
 * The incident in words for people, for Slack (mrkdwn in Block Kit sections) and as a line for a status page. Times in UTC. Words
 * are careful: something coincides with or would explain what is seen. Text from outside is redacted and cut by `plain`,
 * and cannot address anybody in Slack, whose control sequences all begin with an escaped character.
 */
export function compose(of: Case, state: InvestigationState, plain: (text: string) => string): Messages {
  const parts = paragraphs(of, state, plain);
  const summary = parts.map(({ head, text }) => `${head}: ${text}`).join("\n");
  const blocks = parts.map(({ head, text }) => section(`*${escaped(head)}*\n${escaped(text)}`));
  const title = `${of.incidentId}: ${plain(of.title)}`;
  return {
    summary,
    slack: {
      text: escaped(title),
      blocks: [section(`*${escaped(title)}*`), ...blocks],
    },
    statusLine: statusLine(of, state),
  };
}

function paragraphs(of: Case, state: InvestigationState, plain: (text: string) => string) {
  const { analysis, hypotheses, remedy, blind, blastRadius, skeptic, written } = state;
  const [first, second] = hypotheses;
  const onset = analysis?.onset;
  const list: { head: string; text: string }[] = [
    {
      head: "Impact",
      text: `${of.target.node}, severity ${of.severity} of 10${blastRadius.length === 0 ? "" : `; called by ${blastRadius.slice(0, 5).join(", ")}`}.`,
    },
    {
      head: "Since",
      text: onset
        ? `${clock(onset.at)} UTC (between ${clock(onset.from)} and ${clock(onset.to)}); the alert came at ${clock(of.target.at)}.`
        : `onset unknown; the alert came at ${clock(of.target.at)} UTC.`,
    },
  ];
  if (first !== undefined)
    list.push({
      head: "Most likely",
      text: `${plain(first.statement)} (${percent(first.confidence)}) ${cited(first.cites)}`,
    });
  for (const note of first?.notes ?? [])
    list.push({ head: `Note by ${note.author}`, text: `${plain(note.text)} ${cited(note.cites)}` });
  if (second !== undefined)
    list.push({
      head: "Alternative",
      text: `${plain(second.statement)} (${percent(second.confidence)}) ${cited(second.cites)}`,
    });
  if (skeptic?.separates != null) list.push({ head: "How to tell them apart", text: plain(skeptic.separates) });
  if (written.length > 0)
    list.push({ head: `Summary by ${written[0]!.author}`, text: written.map((c) => `${plain(c.text)} ${cited(c.cites)}`).join(" ") }); // prettier-ignore
  const orders = state.findings.filter(({ kind }) => kind === "instruction");
  if (orders.length > 0)
    list.push({ head: "Note", text: `text in the evidence contains instructions; they were not followed ${cited(orders.slice(0, 5).map(({ id }) => id))}` }); // prettier-ignore
  if (blind.length > 0)
    list.push({ head: "Could not read", text: [...new Set(blind.map((b) => `${b.source.replaceAll("_", " ")} (${plain(b.reason)})`))].slice(0, SHOWN_BLIND).join("; ") }); // prettier-ignore
  if (remedy !== null)
    list.push({
      head: "Next",
      text: remedy.proposal
        ? `${remedy.proposal.offer.action} on ${remedy.proposal.offer.target}: ${plain(remedy.proposal.why)}${remedy.proposal.offer.undo ? `; undone by ${plain(remedy.proposal.offer.undo)}` : ""}. Nothing runs until it is decided.`
        : `no action: ${plain(remedy.why)}.`,
    });
  const asks = remedy?.proposal != null;
  list.push(
    {
      head: "Status",
      text: asks ? "investigated; the proposed action has not run." : "investigated; a person has to look at it.",
    },
    {
      head: "Next update",
      text: asks
        ? "when the action is decided, and again when its effect has been measured."
        : "when somebody acts on it, or its alerts end.",
    },
  );
  return list;
}

function statusLine(of: Case, { analysis, hypotheses }: InvestigationState): string {
  if (hypotheses[0]?.kind === "no_fault")
    return `${of.target.node}: an alert was investigated; no disruption is visible.`;
  const since = clock(analysis?.onset?.at ?? of.target.at);
  return `${of.target.node}: we are investigating a disruption since about ${since} UTC.`;
}

const section = (text: string): SlackBlock => ({
  type: "section",
  text: { type: "mrkdwn", text: text.slice(0, SECTION_CHARS), verbatim: true },
});
const cited = (ids: readonly string[]) => (ids.length === 0 ? "" : `[${ids.join(", ")}]`);
const percent = (share: number) => `${Math.round(100 * share)} %`;
const clock = (seconds: number) => new Date(seconds * 1000).toISOString().slice(11, 16);
/** Slack's three control characters. */
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
