import { redact } from "./redact";

/** Characters of a text that are taken of either end before secrets are looked for: more would cost milliseconds a text. */
const READ_CHARS = 12_000;
/** Of a text that is longer, so many before the gap go: a secret that the gap cuts is not known by its form (a token may be this long). */
const EDGE_CHARS = 8_000;
/** Characters that are kept of a prompt, of a tool's arguments or of an output: its beginning and its end, half each. */
export const CONTENT_CHARS = 8_000;

/** The ends of a text that somebody sent, bounded, with what was in them: not for anybody's eyes before {@link storedContent}. */
export interface RawContent {
  head: string;
  /** Null: `head` is all of it. */
  tail: string | null;
  /** Of the whole text. */
  chars: number;
}

export const rawContent = (text: string): RawContent =>
  text.length <= 2 * READ_CHARS
    ? { head: text, tail: null, chars: text.length }
    : { head: text.slice(0, READ_CHARS), tail: text.slice(-READ_CHARS), chars: text.length };

/** What may be kept: secrets and personal data taken out, at most {@link CONTENT_CHARS} and a mark of how much is left out. */
export function storedContent({ head, tail, chars }: RawContent): { text: string; cut: boolean } {
  const half = CONTENT_CHARS / 2;
  if (tail === null) {
    const { text } = redact(head);
    if (text.length <= CONTENT_CHARS) return { text: text.toWellFormed(), cut: false };
    return joined(text.slice(0, half), text.slice(-half), text.length - CONTENT_CHARS);
  }
  const before = redact(head).text.slice(0, -EDGE_CHARS).slice(0, half);
  const after = redact(tail).text.slice(EDGE_CHARS).slice(-half);
  return joined(before, after, chars - before.length - after.length);
}

const joined = (before: string, after: string, left: number) => ({
  text: `${before}\n[… ${left} characters left out …]\n${after}`.toWellFormed(),
  cut: true,
});
