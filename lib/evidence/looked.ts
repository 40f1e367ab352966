/**
 * What a reader of the outside world answers. "Could not look" is an answer of its own: it is never the same as having
 * looked and found nothing, and what a person reads says which it was. Readers do not throw for what the outside does.
 */
export type Looked<T> =
  | {
      ok: true;
      value: T;
      /** Which reader and which configured source, for people. */
      source: string;
      /** There was more than is given here. */
      truncated: boolean;
    }
  | {
      ok: false;
      source: string;
      /** A sentence without secrets; text of the source's own stands in quotation marks. */ reason: string;
    };

export const found = <T>(source: string, value: T, truncated = false): Looked<T> => ({
  ok: true,
  value,
  source,
  truncated,
});

export const couldNotLook = (source: string, reason: string): Looked<never> => ({ ok: false, source, reason });

/** Characters of a source's own words that a reason repeats. */
const QUOTED_CHARS = 200;

/** Text from outside as it may stand in a reason: in quotation marks, one line, without control characters, of limited length. */
export function quoted(text: string): string {
  const plain = text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
  return JSON.stringify(plain.length > QUOTED_CHARS ? `${plain.slice(0, QUOTED_CHARS)}…` : plain);
}

/** What an error says, with what caused it: `fetch failed` alone helps nobody. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return cause ? `${error.message}: ${code ?? cause.message}` : error.message;
}
