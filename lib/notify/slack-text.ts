import { cut } from "@/lib/core/notify/notification";

/** What Slack's blocks hold at most, in characters (docs.slack.dev, Block Kit). */
const HEADER_MAX = 150;
const TEXT_MAX = 3_000;
const FALLBACK_MAX = 3_000;

/** Direction marks, with which a name can be made to read as another, and control characters but line breaks. */
const UNSHOWN = /[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
export const shown = (text: string): string => text.replace(UNSHOWN, (c) => (c === "\n" ? c : c === "\t" ? " " : ""));

/** Whether a block shows a text as it is, of at most so many characters: nothing of it is cut or left out. */
export const isShownWhole = (text: string, max: number): boolean => text.length <= max && shown(text) === text;

export interface PlainText {
  type: "plain_text";
  text: string;
  emoji: false;
}

/** Text in which nothing is markup: no mention, no link, no format. A text object may not be empty. */
export const plain = (text: string, max = TEXT_MAX): PlainText => ({
  type: "plain_text",
  text: cut(shown(text), max) || "–",
  emoji: false,
});

export const header = (text: string) => ({ type: "header", text: plain(text.replace(/\s+/g, " "), HEADER_MAX) });
export const section = (text: string) => ({ type: "section", text: plain(text) });
export const context = (text: string) => ({ type: "context", elements: [plain(text)] });

/**
 * Text for a field that Slack reads as mrkdwn: with `<` and `>` as characters, nothing in it is a mention or a link. Formats are
 * switched off by `UNFORMATTED`, which goes with it.
 */
export function escaped(text: string, max = FALLBACK_MAX): string {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;" } as const;
  return cut(shown(text), max).replace(/[&<>]/g, (c) => entities[c as keyof typeof entities]);
}

/** Goes with every text: no format in it, and neither names nor bare addresses become mentions or links. */
export const UNFORMATTED = { mrkdwn: false, parse: "none", link_names: false, unfurl_links: false, unfurl_media: false } as const; // prettier-ignore
