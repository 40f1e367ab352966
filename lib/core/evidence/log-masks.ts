import {
  CODES,
  CLASS,
  CLASSES,
  DATE_WORDS,
  LISTED_MAX,
  STOPS,
  UNITS,
  isHexLetter,
  wideClassOf,
} from "./log-characters";
import { addressEnd, HEX_GROUP_MAX, NUMBER_MAX, numberAt, restatedEnd } from "./log-value-forms";

// Read once: every character of every line is looked up, and a name of another module costs more than one of this.
const [OTHER, SPACE, BREAK, DIGIT, SCRIPT] = CLASSES;
const ASCII = CLASS;
const isHex = isHexLetter;
const { COMMA, DASH, DOT, SLASH, COLON, LESS, EQUALS, MORE, AT, BACKSLASH } = CODES;
const classOf = (code: number): number => (code < 128 ? ASCII[code]! : wideClassOf(code));

/** What stands for a value in a masked line and in a template. */
export const WILDCARD = "<*>";

/** Characters of a line that are read: what tells templates apart stands at the front, and a line may be a megabyte long. */
const LINE_MAX = 2000;
/** A word longer than this is data (a token, a blob), not a word. */
const WORD_MAX = 64;
/** A run of hexadecimal letters this long is a digest or an id even if no digit happens to be in it. */
const HEX_MIN = 8;
/** Characters between two values that are still one value: a port, a range, a list's comma and blank. */
const JOINT_MAX = 3;
const isJoint = (code: number) =>
  code === 32 || code === COMMA || code === DASH || code === DOT || code === SLASH || code === COLON || code === AT;

/** Rules that a measurement switches off, to see what a system's lines are worth without what only they gave reason for. */
export const MASK_RULES = ["units", "dates", "leaders", "lists", "addresses", "paths", "numbered words"] as const;
export type MaskRule = (typeof MASK_RULES)[number];

/**
 * A log line with its values replaced by {@link WILDCARD}, and blanks made single: numbers with their units, identifiers
 * (any word with a digit in it, of a numbered word its number only, a long run of hex letters, a very long word), paths, URLs,
 * addresses, written dates. Values that only a separator divides (host and port, a list) become one. A key (`size_1=`) is never a
 * value, and without the rules in `off` (measurements only) fewer words are. One pass over at most
 * {@link LINE_MAX} characters without a regular expression: linear for any input. Control characters count as blanks; a line of
 * blanks is "". No rule knows any one system.
 */
export function maskLine(line: string, off?: ReadonlySet<MaskRule>): string {
  const end = Math.min(line.length, LINE_MAX);
  let out = "";
  /** From where on the line is still to be copied. */
  let from = 0;
  /** Where the last value ended in the line, -1 when none, and where in the answer. */
  let valueEnd = -1;
  let outEnd = 0;
  let i = 0;
  while (i < end) {
    const first = line.charCodeAt(i);
    const kind = classOf(first);
    if (kind === SPACE) {
      const start = i;
      while (++i < end && classOf(line.charCodeAt(i)) === SPACE);
      const edge = i === end || (out === "" && start === from);
      if (i - start === 1 && first === 32 && !edge) continue;
      out += line.slice(from, start) + (edge ? "" : " ");
      from = i;
      if (valueEnd === start) valueEnd = i - 1;
      continue;
    }
    if (kind === BREAK) {
      i++;
      continue;
    }
    if (kind === SCRIPT) {
      while (++i < end && classOf(line.charCodeAt(i)) === SCRIPT);
      continue;
    }
    const start = i;
    const word = wordEnd(line, start, end, valueEnd, off);
    i = Math.abs(word);
    let stop = i;
    if (word < 0) {
      const last = line.charCodeAt(i - 1);
      if (last >= 65 && last < 128) continue;
      const digits = numberAt(line, start, i);
      if (digits < 0) continue;
      while (classOf(line.charCodeAt(stop - 1)) !== DIGIT) stop--;
      out += line.slice(from, digits) + WILDCARD;
      from = stop;
      continue;
    }
    while (stop > start + 1 && STOPS.has(line.charCodeAt(stop - 1))) stop--;
    if (valueEnd >= 0 && !off?.has("lists") && joined(line, valueEnd, start)) {
      if (out.length > outEnd) out = out.slice(0, outEnd);
    } else {
      out += line.slice(from, start - signs(line, start)) + WILDCARD;
      outEnd = out.length;
    }
    const restated = restatedEnd(line, stop, end);
    if (restated > stop) i = stop = restated;
    from = stop;
    valueEnd = stop;
  }
  return from < end ? out + line.slice(from, end) : out;
}

/** Where the word that begins at `start` ends, as a negative number if it is a word, as a positive one if it is a value. */
function wordEnd(
  line: string,
  start: number,
  end: number,
  valueEnd: number,
  off: ReadonlySet<MaskRule> | undefined,
): number {
  const first = line.charCodeAt(start);
  let digits = 0;
  let hex = 0;
  let slashes = 0;
  let at = 0;
  let dots = 0;
  let code = first;
  let kind = classOf(code);
  let i = start;
  do {
    if (kind === DIGIT) digits++;
    else if (isHex(code)) hex++;
    else if (code === SLASH || code === BACKSLASH) slashes++;
    else if (code === AT && i > start) at++;
    else if (code === DOT) {
      // Dots that lead to a value ("address......0") belong neither to the word nor to the value.
      if (i + 1 < end && line.charCodeAt(i + 1) === DOT && !off?.has("leaders")) break;
      dots++;
    }
    if (++i === end) break;
    code = line.charCodeAt(i);
    kind = code < 128 ? ASCII[code]! : wideClassOf(code);
  } while (kind === OTHER || kind === DIGIT);
  if (i === start) {
    while (i < end && line.charCodeAt(i) === DOT) i++;
    return -i;
  }
  const length = i - start;
  if (code === COLON) {
    const next = i + 1 < end ? line.charCodeAt(i + 1) : 0;
    if ((next === SLASH && line.charCodeAt(i + 2) === SLASH) || (next === BACKSLASH && length === 1)) {
      while (i < end && !isUrlEnd(line.charCodeAt(i))) i++;
      return i;
    }
    const hexadecimal = length <= HEX_GROUP_MAX && hex + digits === length;
    const address = hexadecimal && !off?.has("addresses") ? addressEnd(line, start, end) : start;
    if (address > start) return address;
    // A host with its port, a file with its line number: the name is no key, but part of the value.
    if (dots > 0 && classOf(next) === DIGIT) return i;
  }
  // A word that was cut is data: nobody knows what it would have been.
  if (i === end && end < line.length) return i;
  if (digits > 0 && digits <= NUMBER_MAX && !off?.has("numbered words") && numberAt(line, start, i) >= 0) return -i;
  if (digits > 0) return code !== EQUALS || digits === length || i === end ? i : -i;
  const path = slashes > 1 || (slashes === 1 && length > 1 && (first === SLASH || first === BACKSLASH));
  const data = (at > 0 && length > 2) || length > WORD_MAX || (hex === length && hex >= HEX_MIN);
  return (path && !off?.has("paths")) || data || isPartOfValue(line, start, i, end, valueEnd, off) ? i : -i;
}

/** Whether one sign of comparison stands before a value on its own (`<1 s`): it is part of the value. */
function signs(line: string, start: number): number {
  const sign = start > 0 ? line.charCodeAt(start - 1) : 0;
  return (sign === LESS || sign === MORE) && (start === 1 || classOf(line.charCodeAt(start - 2)) === SPACE) ? 1 : 0;
}

const isUrlEnd = (code: number) => classOf(code) === SPACE || code === 34 || code === 39 || code === 60 || code === 62;

/** Whether nothing but a separator stands between the end of a value and the next one's start. */
function joined(line: string, valueEnd: number, start: number): boolean {
  if (start - valueEnd > JOINT_MAX) return false;
  for (let i = valueEnd; i < start; i++) if (!isJoint(line.charCodeAt(i))) return false;
  return true;
}

/** Whether the word from `start` to `stop` is a unit after a value, or part of a written date. */
function isPartOfValue(
  line: string,
  start: number,
  stop: number,
  end: number,
  valueEnd: number,
  off: ReadonlySet<MaskRule> | undefined,
): boolean {
  const afterValue =
    valueEnd >= 0 && (start === valueEnd || (start === valueEnd + 1 && line.charCodeAt(valueEnd) === 32));
  const capital = (line.charCodeAt(start) & 32) === 0;
  if ((!afterValue && !capital) || stop - start > LISTED_MAX + 1) return false;
  const word = line.slice(start, line.charCodeAt(stop - 1) === DOT ? stop - 1 : stop).toLowerCase();
  const dates = !off?.has("dates");
  if (afterValue) return (UNITS.has(word) && !off?.has("units")) || (dates && DATE_WORDS.has(word));
  if (!dates || !DATE_WORDS.has(word)) return false;
  let i = stop;
  while (i < end && (classOf(line.charCodeAt(i)) === SPACE || line.charCodeAt(i) === COMMA)) i++;
  if (i === stop || i === end) return false;
  if (classOf(line.charCodeAt(i)) === DIGIT) return true;
  let after = i;
  while (after < end && after - i <= LISTED_MAX && classOf(line.charCodeAt(after)) === OTHER) after++;
  return DATE_WORDS.has(line.slice(i, after).toLowerCase());
}
