import { WILDCARD } from "./log-masks";

/** Places of a shape that are compared; all that comes after them is one place. Templates are shorter; pasted data is not. */
const PLACES_MAX = 100;

/** Words (of a numbered one with its number's wildcard), wildcards and signs, each with the blank before it: joined, they are the text. */
export function tokensOf(text: string): string[] {
  const tokens = text.match(/ ?(?:[^\s,;=()[\]{}<>"'|:`]*<\*>|[^\s,;=()[\]{}<>"'|:`]+|.)/gsu) ?? [];
  return tokens.length <= PLACES_MAX
    ? tokens
    : [...tokens.slice(0, PLACES_MAX - 1), tokens.slice(PLACES_MAX - 1).join("")];
}

const WORD = /[\p{L}\p{N}]/u;
export const isWord = (token: string) => WORD.test(token);
export const isWildcard = (token: string) => token === WILDCARD || token === ` ${WILDCARD}`;
/** A wildcard in the place of a token. */
export const wildcardFor = (token: string) => (token.startsWith(" ") ? ` ${WILDCARD}` : WILDCARD);
