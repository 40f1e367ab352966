import { toneOf } from "./fault-words";
import { isWildcard, isWord } from "./log-tokens";

/** Lines of one template, as tokens with the blank before each. */
export interface Grouped {
  tokens: readonly string[];
  count: number;
}

/** A template is frequent from so many lines on, and a variant of it is rare: one line, or so small a share of the template's. */
const FREQUENT_FROM = 20;
const RARE_SHARE = 0.02;
/** A line that sounds so bad tells of a failure (the weight of such words in fault-words.ts); words for "no value" are milder. */
const FAILURE = 0.7;
/** Templates looked up by one word, and tried on one variant, most frequent first: what hostile lines can cost at most. */
const LISTED_PER_WORD = 64;
const TRIED_MAX = 8;

/**
 * Which groups are rare variants of a frequent template: one where a value is of a kind that no mask knows, is of several words, or is
 * missing. A variant has all the words of the template in their order, anything where the template has values, and more of those words
 * than it has words too many. Answers the index of the template by the index of the variant, template of a template resolved. As
 * Spell (Du & Li, ICDM 2016) it compares lines of different lengths, but only with what is at least 20 times as frequent: a wording
 * of its own comes again, a value hardly does. Lines that say the same words and only lack a value are variants however frequent. What tells of a failure where the template does not is no variant of it, however rare: it is
 * what is looked for.
 */
export function variantsOf(groups: readonly Grouped[]): Map<number, number> {
  const order = groups.map((_, i) => i).sort((a, b) => groups[b]!.count - groups[a]!.count || a - b);
  const templates = new Map<number, Pattern>();
  const listed = new Map<string, number[]>();
  for (const i of order) {
    if (groups[i]!.count < FREQUENT_FROM) break;
    const { tokens } = groups[i]!;
    if (!tokens.some(isWildcard)) continue;
    const words = tokens.filter(isWord).map(bare);
    const distinct = new Set(words);
    templates.set(i, { words: words.length, distinct: distinct.size, values: tokens.filter(isWildcard).length });
    for (const word of distinct) {
      const list = listed.get(word) ?? [];
      if (list.length === 0) listed.set(word, list);
      if (list.length < LISTED_PER_WORD) list.push(i);
    }
  }
  const into = new Map<number, number>();
  if (templates.size === 0) return into;
  const end = (i: number): number => {
    let at = i;
    while (into.has(at)) at = into.get(at)!;
    return at;
  };
  for (const i of order) {
    const { tokens, count } = groups[i]!;
    const shared = new Map<number, number>();
    const seen = new Set<string>();
    for (const token of tokens) {
      const list = listed.get(bare(token));
      if (list === undefined || seen.has(bare(token))) continue;
      seen.add(bare(token));
      for (const t of list) shared.set(t, (shared.get(t) ?? 0) + 1);
    }
    const whole = [...shared.keys()].filter((t) => t !== i && shared.get(t) === templates.get(t)!.distinct);
    if (whole.length === 0) continue;
    const words = tokens.filter(isWord).length;
    const values = tokens.filter(isWildcard).length;
    const wordsOf = (t: number) => templates.get(t)!.words;
    const template = whole
      .filter((t) => {
        const spare = templates.get(t)!.values - values;
        const rare = count <= Math.max(1, groups[t]!.count * RARE_SHARE) && words - wordsOf(t) - spare <= wordsOf(t);
        return rare || (spare > 0 && words === wordsOf(t));
      })
      .sort((a, b) => wordsOf(b) - wordsOf(a) || groups[b]!.count - groups[a]!.count || a - b)
      .slice(0, TRIED_MAX)
      .find((t) => fits(groups[t]!.tokens, tokens));
    if (template === undefined) continue;
    const tone = bad(tokens);
    if (tone >= FAILURE && tone > bad(groups[template]!.tokens)) continue;
    // One that is a variant of this one in turn stays what it is.
    const last = end(template);
    if (last !== i) into.set(i, last);
  }
  return new Map([...into.keys()].map((i) => [i, end(i)]));
}

/** How many words a frequent template has, how many different ones, and how many values. */
interface Pattern {
  words: number;
  distinct: number;
  values: number;
}

const bare = (token: string) => (token.charCodeAt(0) === 32 ? token.slice(1) : token);
const bad = (tokens: readonly string[]) => toneOf(tokens.join("")).bad;

/** Whether tokens are those of a template with anything, or nothing, where it has wildcards. Blanks do not count. */
function fits(template: readonly string[], tokens: readonly string[]): boolean {
  let t = 0;
  let i = 0;
  let wildcard = -1;
  let from = 0;
  while (i < tokens.length) {
    if (t < template.length && isWildcard(template[t]!)) {
      wildcard = t++;
      from = i;
    } else if (t < template.length && bare(template[t]!) === bare(tokens[i]!)) {
      t++;
      i++;
    } else if (wildcard >= 0) {
      t = wildcard + 1;
      i = ++from;
    } else return false;
  }
  while (t < template.length && isWildcard(template[t]!)) t++;
  return t === template.length;
}
