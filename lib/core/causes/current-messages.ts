import { isClosed } from "../base/lifecycle";
import type { IncidentState } from "../base/vocabulary";

/** What an investigation wrote for others: see compose.ts of the investigation, whose words these are. */
export interface Messages {
  /** A paragraph a line, each `Head: text`; null where none was written. */
  summary: string | null;
  /** Block Kit, as JSON: a section a paragraph, `*Head*\ntext`. */
  slack: string | null;
  statusLine: string | null;
}

/** The incident as it stands now, times in epoch ms. */
interface Standing {
  state: IncidentState;
  closedAt: number | null;
  /** What became of it, in words, once it has closed. */
  outcome: string | null;
}

/**
 * The messages as they may be copied now. An investigation writes what holds when it ends; where an action has begun since, or the
 * incident has closed, the paragraphs on the status and on what comes next, and the line for a status page, say that instead.
 */
export function currentMessages(written: Messages, now: Standing): Messages {
  const changed = currentParagraphs(now);
  if (changed === null) return written;
  return {
    summary: written.summary && linesWith(written.summary, changed),
    slack: written.slack && blocksWith(written.slack, changed),
    statusLine: written.statusLine && lineNow(written.statusLine, now),
  };
}

type Paragraphs = Readonly<Record<string, string>>;

/** Null while what the investigation wrote still holds. */
function currentParagraphs({ state, closedAt, outcome }: Standing): Paragraphs | null {
  switch (state) {
    case "open":
    case "investigating":
    case "awaiting_approval":
      return null;
    case "acting":
      return { Status: "an action is being carried out.", "Next update": "when its effect has been measured." };
    case "verifying":
      return {
        Status: "an action was carried out; its effect is being measured.",
        "Next update": "when that is done.",
      };
    case "rejected":
      return { Status: "the proposed action was rejected.", "Next update": "when somebody acts on it, or its alerts end." }; // prettier-ignore
    case "escalated":
      return {
        Status: "investigated; a person has to look at it.",
        "Next update": "when somebody acts on it, or its alerts end.",
      };
    case "resolved":
    case "dismissed": {
      const at = closedAt === null ? "" : ` at ${clock(closedAt)} UTC`;
      return { Status: `${state}${at}${outcome ? `: ${oneLine(outcome)}` : ""}.`, "Next update": "none; the incident is closed." }; // prettier-ignore
    }
  }
}

/** Holds only before a decision. */
const UNDECIDED = " Nothing runs until it is decided.";

const linesWith = (summary: string, changed: Paragraphs): string =>
  summary
    .split("\n")
    .map((line) => {
      const head = Object.keys(changed).find((name) => line.startsWith(`${name}: `));
      return head === undefined ? line.replace(UNDECIDED, "") : `${head}: ${changed[head]}`;
    })
    .join("\n");

interface Block {
  text?: { text?: unknown };
}

/** A text that is no Block Kit stays as it is. */
function blocksWith(json: string, changed: Paragraphs): string {
  const message = parsed(json);
  if (!Array.isArray(message?.blocks)) return json;
  for (const { text } of message.blocks) {
    if (typeof text?.text !== "string") continue;
    const head = Object.keys(changed).find((name) => String(text.text).startsWith(`*${name}*\n`));
    text.text = head === undefined ? text.text.replace(UNDECIDED, "") : `*${head}*\n${escaped(changed[head]!)}`;
  }
  return JSON.stringify(message);
}

function parsed(json: string): { blocks?: Block[] } | null {
  try {
    return JSON.parse(json) as { blocks?: Block[] } | null;
  } catch {
    return null;
  }
}

/** `checkout: we are investigating a disruption since about 10:39 UTC.`, once it is over. */
function lineNow(line: string, { state, closedAt }: Standing): string {
  if (!isClosed(state)) return line;
  const [, subject, since] =
    /^(.*): we are investigating a disruption since about (\d\d:\d\d) UTC\.$/s.exec(line) ?? [];
  if (subject === undefined) return line;
  const until = closedAt === null ? "" : ` at ${clock(closedAt)} UTC`;
  return state === "resolved"
    ? `${subject}: the disruption since about ${since} UTC ended${until}.`
    : `${subject}: what was seen since about ${since} UTC was investigated; the incident was closed${until} without action.`;
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").replace(/[.\s]+$/, "");
const clock = (ms: number) => new Date(ms).toISOString().slice(11, 16);
/** Slack's three control characters. */
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
