/** Words of one question that count: a pasted log would otherwise become a query of thousands. */
const MAX_TERMS = 48;
/** A run of letters, digits or marks: all that the index takes for a word, and nothing that its query language knows. */
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;
/** Where words were written together: `HighCPUUsage`, `p90Latency`. */
const JOINTS = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;

/** The words of a text that are searched for, in lower case. Names written together count whole and in parts. */
export function searchTerms(text: string, most = MAX_TERMS): string[] {
  const terms = new Set<string>();
  for (const [word] of text.matchAll(WORDS))
    for (const term of [word, ...word.split(JOINTS)]) {
      if (terms.size === most) return [...terms];
      // Single letters and mere numbers tell no two incidents apart.
      if (term.length > 1 && !/^\p{N}+$/u.test(term)) terms.add(term.toLowerCase());
    }
  return [...terms];
}

/**
 * An FTS5 query that finds what has any of the text's words, for ranking by bm25. Each word is quoted, so that no text can be
 * syntax. Null when the text has no word.
 */
export function fullTextQuery(text: string): string | null {
  const terms = searchTerms(text);
  return terms.length === 0 ? null : terms.map((term) => `"${term}"`).join(" OR ");
}
