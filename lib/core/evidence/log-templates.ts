import { maskLine, WILDCARD } from "./log-masks";
import { isWord, tokensOf, wildcardFor } from "./log-tokens";
import { variantsOf } from "./log-variants";

export interface Template {
  /** Counted from 0 in order of first appearance. */
  id: number;
  /** The words that stay the same, with {@link WILDCARD} where they do not. */
  text: string;
  /** Lines that have it. */
  count: number;
}

export interface Mined {
  /** For each line, in order, the id of its template. */
  lines: number[];
  templates: Template[];
}

/** Mines templates while lines come; what `add` answers is turned into a template's id by `finish`. */
export interface Miner {
  add(line: string): number;
  finish(): { templateOf: (ticket: number) => number; templates: Template[] };
}

/** Distinct masked lines kept at once; beyond it they are folded into their templates. 40 MB at the very most. */
const SHAPES_MAX = 20_000;
/** After folding, this many stay; what is rarest is folded into one template of anything, so that memory stays bounded. */
const SHAPES_KEPT = SHAPES_MAX / 2;
/**
 * Words that may alternate at one place and still be words; more, where all else is equal, are values. Wording has a handful
 * of forms (start, stop, pause, resume; get, put, post, delete), names have many. Between two and five the choice hardly matters.
 */
const ALTERNATIVES_MAX = 4;
/**
 * So many different words at a place, and at least half as many as there are shapes, are names of things however little else the
 * shapes have in common: at twice the forms of any wording and each nearly by itself.
 */
const NAMES_MIN = 10;
const NAMES_SHARE = 0.5;

/** A masked line, and how many lines were masked to it. */
interface Shape {
  text: string;
  count: number;
  /** Its ticket: order of first appearance. */
  ticket: number;
}

/** A shape in parts, one for each place. */
interface Parted extends Shape {
  tokens: string[];
}

/**
 * Templates of log lines. Lines are masked (log-masks.ts); equal masked lines are one shape, which is all that is kept of
 * them; the shapes are then split into templates from what they have in common, place by place.
 *
 * Like Drain (He et al., ICWS 2017) it trusts that lines of one template have the same number of words after masking and
 * begin with the same word. Unlike Drain, whose groups depend on the order of lines and on a threshold of similarity, it sees all
 * shapes before it decides, and decides by how many different words stand at a place: few alternate (wording), many are
 * values. That is the insight of IPLoM (Makanju et al., KDD 2009) and Brain (Yu et al., TSC 2023). Then what differs only in its
 * first word is joined by the same rule, and rare variants go to the frequent template that they fit (log-variants.ts). While no more than
 * {@link SHAPES_MAX} shapes come, the order of lines changes ids only. `mask` is another one in measurements only.
 */
export function createMiner(mask: (line: string) => string = maskLine): Miner {
  let shapes = new Map<string, Shape>();
  /** Ticket → the ticket it was folded into; itself while it stands for itself. */
  const folded: number[] = [];

  const fold = () => {
    const groups = group([...shapes.values()]);
    groups.sort((a, b) => b.count - a.count || a.ticket - b.ticket);
    shapes = new Map();
    const rest = groups.splice(SHAPES_KEPT);
    if (rest.length > 0) groups.push({ tokens: [WILDCARD], ...sum(rest.flatMap((g) => g.members)) });
    for (const { tokens, count, ticket, members } of groups) {
      const text = tokens.join("");
      const known = shapes.get(text);
      if (known) known.count += count;
      else shapes.set(text, { text, count, ticket });
      for (const member of members) folded[member.ticket] = known?.ticket ?? ticket;
    }
  };

  return {
    add(line) {
      const text = mask(line);
      const known = shapes.get(text);
      if (known) {
        known.count++;
        return known.ticket;
      }
      if (shapes.size >= SHAPES_MAX) fold();
      const ticket = folded.length;
      folded.push(ticket);
      const own = flat(text);
      shapes.set(own, { text: own, count: 1, ticket });
      return ticket;
    },
    finish() {
      const groups = group([...shapes.values()]).sort((a, b) => a.ticket - b.ticket);
      const ids = new Map<number, number>();
      groups.forEach(({ members }, id) => members.forEach(({ ticket }) => ids.set(ticket, id)));
      return {
        templates: groups.map(({ tokens, count }, id) => ({ id, text: tokens.join(""), count })),
        templateOf: (ticket) => {
          let at = ticket;
          while (folded[at] !== at && folded[at] !== undefined) at = folded[at]!;
          return ids.get(at)!;
        },
      };
    },
  };
}

/** Templates of lines that are all there. No lines, no templates. */
export function mineTemplates(lines: Iterable<string>, mask?: (line: string) => string): Mined {
  const miner = createMiner(mask);
  const tickets: number[] = [];
  for (const line of lines) tickets.push(miner.add(line));
  const { templates, templateOf } = miner.finish();
  return { lines: tickets.map(templateOf), templates };
}

interface Group {
  tokens: readonly string[];
  count: number;
  ticket: number;
  members: readonly Shape[];
}

const sum = (members: readonly Shape[]) => ({
  members,
  count: members.reduce((n, s) => n + s.count, 0),
  ticket: members.reduce((first, s) => Math.min(first, s.ticket), Number.POSITIVE_INFINITY),
});

/** The same text without what it was cut from: engines keep the whole of a string alive for a slice of it. */
const flat = (text: string) => ` ${text}`.slice(1);

/** Shapes of one length and one first word, split until what remains together is one template. */
function group(shapes: Shape[]): Group[] {
  const blocks = new Map<string, Parted[]>();
  for (const shape of shapes) {
    const tokens = tokensOf(shape.text);
    put(blocks, `${tokens.length} ${tokens.find(isWord)?.trimStart() ?? ""}`, { ...shape, tokens });
  }
  const groups: Group[] = [];
  const open = [...blocks.values()];
  for (let members = open.pop(); members; members = open.pop()) {
    const parts = split(members);
    if (parts.length > 1) open.push(...parts);
    else groups.push({ tokens: templateOf(members), ...sum(members) });
  }
  return withVariants(byFirstWord(groups));
}

/** What differs in nothing but its first word, and in that by many, is one template: its lines begin with a name. */
function byFirstWord(groups: Group[]): Group[] {
  const alike = new Map<string, Group[]>();
  for (const one of groups) {
    const first = one.tokens.findIndex(isWord);
    const rest = one.tokens.slice(first + 1);
    const key = first < 0 || rest.filter(isWord).length < 2 ? one.tokens : [...one.tokens.slice(0, first), "", ...rest];
    put(alike, key.join("\n"), one);
  }
  return [...alike.values()].flatMap((list) => {
    if (list.length < NAMES_MIN) return list;
    const { tokens } = list[0]!;
    const first = tokens.findIndex(isWord);
    return [
      { tokens: tokens.with(first, wildcardFor(tokens[first]!)), ...sum(list.flatMap(({ members }) => members)) },
    ];
  });
}

function withVariants(groups: Group[]): Group[] {
  const into = variantsOf(groups);
  const together = new Map<number, Group[]>();
  for (const [i, one] of groups.entries()) put(together, into.get(i) ?? i, one);
  return [...together].map(([i, list]) => ({
    tokens: groups[i]!.tokens,
    ...sum(list.flatMap(({ members }) => members)),
  }));
}

function put<K, V>(into: Map<K, V[]>, key: K, value: V): void {
  const list = into.get(key);
  if (list) list.push(value);
  else into.set(key, [value]);
}

/**
 * The members in parts; one part when they are one template: more of their words are the same than are not, and wherever they
 * differ stand too many words to be wording, or a value as well as words. Else they are split where the fewest different words stand,
 * wording first.
 */
function split(members: Parted[]): Parted[][] {
  if (members.length === 1) return [members];
  let constant = 0;
  let variable = 0;
  let wording: { place: number; forms: number } | null = null;
  let fewest: { place: number; forms: number } | null = null;
  for (const [place, token] of members[0]!.tokens.entries()) {
    const seen = new Set<string>();
    for (const { tokens } of members) seen.add(tokens[place]!);
    const forms = seen.size;
    const value = seen.has(WILDCARD) || seen.has(` ${WILDCARD}`);
    const names = forms >= NAMES_MIN && forms >= NAMES_SHARE * members.length;
    if (forms === 1) {
      if (!value && isWord(token)) constant++;
      continue;
    }
    if (!names) variable++;
    if (fewest === null || forms < fewest.forms) fewest = { place, forms };
    if (!value && forms <= ALTERNATIVES_MAX && (wording === null || forms < wording.forms)) wording = { place, forms };
  }
  const at = wording ?? (constant > variable ? null : fewest);
  if (at === null) return [members];
  const parts = new Map<string, Parted[]>();
  for (const shape of members) put(parts, shape.tokens[at.place]!, shape);
  return [...parts.values()];
}

function templateOf(members: Parted[]): string[] {
  const { tokens } = members[0]!;
  if (members.length === 1) return tokens;
  return tokens.map((token, i) => (members.every((m) => m.tokens[i] === token) ? token : wildcardFor(token)));
}
