import { cut, headline, levelOf } from "@/lib/core/notify/notification";
import { type Render, severityText, subjectsText } from "./request";

/** A message may have 28 kB (Microsoft's limit for webhooks): texts are far below it. Characters. */
const TITLE_MAX = 300;
const TEXT_MAX = 4_000;
const COLOURS = { critical: "Attention", error: "Attention", warning: "Warning", info: "Default" } as const;

/** Markdown of adaptive cards, made harmless: links and emphasis in text from outside are shown as they are written. */
const plain = (text: string): string => text.replace(/[\\`*_[\]()<>#]/g, (c) => `\\${c}`);

/** A Teams workflow "when a webhook request is received": an Adaptive Card. */
export const teams: Render = (n, { url }) => {
  const level = levelOf(n.severity);
  const facts = [
    { title: "Severity", value: severityText(n.severity, level) },
    { title: "Concerns", value: n.subjects.length > 0 ? plain(subjectsText(n.subjects)) : null },
  ].filter(({ value }) => value !== null);
  return {
    url: url!,
    headers: {},
    body: {
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          contentUrl: null,
          content: {
            $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            type: "AdaptiveCard",
            version: "1.4",
            body: [
              { type: "TextBlock", size: "Medium", weight: "Bolder", wrap: true, text: plain(headline(n, TITLE_MAX)), color: n.purpose === "page" ? COLOURS[level] : "Default" }, // prettier-ignore
              { type: "TextBlock", wrap: true, text: plain(cut(n.text, TEXT_MAX)) },
              ...(facts.length > 0 ? [{ type: "FactSet", facts }] : []),
            ],
            actions: n.link === null ? [] : [{ type: "Action.OpenUrl", title: "Open in Sentinel", url: n.link }],
          },
        },
      ],
    },
  };
};
