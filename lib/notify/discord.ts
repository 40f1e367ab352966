import { cut, headline, levelOf } from "@/lib/core/notify/notification";
import { type Render, severityText, subjectsText } from "./request";

/** Discord's limits of an embed, in characters. */
const TITLE_MAX = 256;
const DESCRIPTION_MAX = 4_096;
const FIELD_MAX = 1_024;
const COLOURS = { critical: 0xc0362c, error: 0xd9822b, warning: 0xe0b400, info: 0x5c6b7a } as const;
const CALM = 0x3d8b5f;

/** Markdown in text from outside is shown as it is written. */
const plain = (text: string): string => text.replace(/[\\`*_~|>#[\]()]/g, (c) => `\\${c}`);

/** A webhook of a channel. Nobody is ever mentioned, whatever the text says. */
export const discord: Render = (n, { url }) => {
  const level = levelOf(n.severity);
  const fields = [
    { name: "Severity", value: severityText(n.severity, level), inline: true },
    { name: "Concerns", value: n.subjects.length > 0 ? cut(plain(subjectsText(n.subjects)), FIELD_MAX) : null, inline: true }, // prettier-ignore
  ].filter(({ value }) => value !== null);
  const embed = {
    title: headline(n, TITLE_MAX),
    description: cut(plain(n.text), DESCRIPTION_MAX),
    color: n.purpose === "page" ? COLOURS[level] : CALM,
    timestamp: new Date(n.at).toISOString(),
    fields,
    ...(n.link === null ? {} : { url: n.link }),
  };
  return { url: url!, headers: {}, body: { username: "Sentinel", embeds: [embed], allowed_mentions: { parse: [] } } };
};
