import { cut, headline, levelOf, type Notification } from "@/lib/core/notify/notification";
import { type Render, severityText, subjectsText } from "./request";

/** Slack's own limits, in characters: of a header, and of the text of a section (api.slack.com, Block Kit). */
const HEADER_MAX = 150;
const SECTION_MAX = 3_000;

/** Characters that Slack's mrkdwn reads as control sequences: with them, text from outside could mention a whole channel. */
const escape = (text: string): string =>
  text.replace(/[&<>]/g, (c) => (c === "&" ? "&amp;" : c === "<" ? "&lt;" : "&gt;"));

/** An incoming webhook. What it says in short is the text of the push message on a phone. */
export const slack: Render = (n, { url }) => ({
  url: url!,
  headers: {},
  body: {
    text: escape(headline(n, SECTION_MAX)),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: "header", text: { type: "plain_text", text: headline(n, HEADER_MAX), emoji: false } },
      // Plain text, in which nothing is markup.
      { type: "section", text: { type: "plain_text", text: cut(n.text, SECTION_MAX), emoji: false } },
      { type: "context", elements: [{ type: "plain_text", text: cut(aside(n), SECTION_MAX), emoji: false }] },
      ...(n.link === null
        ? []
        : [{ type: "actions", elements: [{ type: "button", text: { type: "plain_text", text: "Open in Sentinel" }, url: n.link }] }]), // prettier-ignore
    ],
  },
});

/** A context block may not be empty. */
const aside = ({ severity, subjects }: Notification): string =>
  [severityText(severity, levelOf(severity)), subjectsText(subjects)].filter(Boolean).join(" · ") || "Sentinel";
