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
      /** Parts that could not be looked at: what is absent from `value` may be there. Left out when everything was read. */
      missing?: readonly Unread[];
    }
  | ({ ok: false } & Unread);

/** A source, or a part of one, that could not be looked at. */
export interface Unread {
  source: string;
  /** A sentence without secrets; text of the source's own stands in quotation marks. */
  reason: string;
}

/** `missing` makes an answer truncated. */
export const found = <T>(
  source: string,
  value: T,
  truncated = false,
  missing: readonly Unread[] = [],
): Looked<T> & { ok: true } => ({
  ok: true,
  value,
  source,
  truncated: truncated || missing.length > 0,
  ...(missing.length > 0 ? { missing } : {}),
});

export const couldNotLook = (source: string, reason: string): Looked<never> & { ok: false } => ({
  ok: false,
  source,
  reason,
});

/** Everything that the looks could not read, in whole or in part. */
export const unreadOf = (looks: readonly (Looked<unknown> | null | undefined)[]): Unread[] =>
  looks.flatMap((look) => {
    if (!look) return [];
    return look.ok ? [...(look.missing ?? [])] : [{ source: look.source, reason: look.reason }];
  });

/**
 * Reasons with what each of them kept from being read: `CPU, Requests: answered 422 …; Memory: …`, the names left out of one that
 * is everything's. Null when there are none. `of`: each thing that was looked at, with its reason or null.
 */
export function reasonsText(of: readonly (readonly [name: string, reason: string | null])[]): string | null {
  const names = new Map<string, Set<string>>();
  for (const [name, reason] of of) if (reason !== null) names.set(reason, (names.get(reason) ?? new Set()).add(name));
  const all = new Set(of.map(([name]) => name)).size;
  const texts = [...names].map(([reason, some]) => (some.size === all ? reason : `${[...some].join(", ")}: ${reason}`));
  return texts.join("; ") || null;
}

/** For people: `loki: answered 401: "no org id"; kubernetes: …`. */
export const unreadText = (unread: readonly Unread[]): string =>
  [...new Set(unread.map(({ source, reason }) => `${source}: ${reason}`))].join("; ");

/** Characters of a source's own words that a reason repeats. */
const QUOTED_CHARS = 200;

/** Text from outside as it may stand in a reason: in quotation marks, one line, without control characters, of limited length. */
export function quoted(text: string): string {
  const plain = text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
  return JSON.stringify(plain.length > QUOTED_CHARS ? `${plain.slice(0, QUOTED_CHARS)}…` : plain);
}

/** What an error says, with what caused it and its code: `fetch failed` alone helps nobody. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = (cause as NodeJS.ErrnoException).code;
  // Connecting to several addresses fails without a message of its own, certificates without their code in it.
  const why = [cause.message, code && !cause.message.includes(code) ? code : ""].filter(Boolean).join(" ");
  return why === "" ? error.message : `${error.message}: ${why}`;
}
