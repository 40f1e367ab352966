import { z } from "zod";
import { withoutUnseen } from "@/lib/core/base/unseen";

/** Characters of one text from outside: a title, a note, a line of a log. */
const TEXT_CHARS = 400;
/** Blanks too: what stands in the place of several is one. */
// oxlint-disable-next-line no-control-regex -- taking control characters out is the purpose
const CONTROL = /[ \u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/**
 * A text that was reported, as it is handed to a model: one line without characters that nobody sees, cut at `max`. What it says is
 * left as it is, as data in a field of its own.
 */
export function quoted(text: string, max = TEXT_CHARS): string {
  const line = withoutUnseen(
    text
      .slice(0, 2 * max)
      .toWellFormed()
      .replace(CONTROL, " "),
  ).trim();
  return line.length > max ? `${line.slice(0, max - 1).toWellFormed()}…` : line;
}
export const quotedOrNull = (text: string | null): string | null => (text === null ? null : quoted(text));

/** Epoch ms as models read it. */
export const iso = (at: number): string => new Date(at).toISOString();
export const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

/** A time that a result holds. */
export const time = z.string().describe("ISO 8601, UTC");

/** The page of an incident, or of an agent, in the console. */
export const pageOf = (origin: string, kind: "incidents" | "agents", id: string): string =>
  `${origin}/${kind}/${encodeURIComponent(id)}`;
