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
/** Digits of one group of an address, and groups that make one. */
const HEX_GROUP_MAX = 4;
const HEX_GROUPS_MIN = 3;
const HEX_GROUPS_MAX = 8;

/** SCRIPT: letters of scripts that write no blanks between words, where a number is told from the words around it by itself. */
const [OTHER, SPACE, BREAK, DIGIT, SCRIPT] = [0, 1, 2, 3, 4];
const CLASS = new Uint8Array(128).fill(OTHER);
for (let code = 0; code < 128; code++) {
  if (code <= 32 || code === 127) CLASS[code] = SPACE;
  else if (code >= 48 && code <= 57) CLASS[code] = DIGIT;
  else if (",;=()[]{}<>\"'|:`".includes(String.fromCharCode(code))) CLASS[code] = BREAK;
}
const classOf = (code: number) => (code < 128 ? CLASS[code]! : wideClassOf(code));

/** Thai to Myanmar, Khmer; kana, hangul and Han with their punctuation and full-width forms. */
function wideClassOf(code: number): number {
  if (code === 0xa0 || code === 0xfffd || code === 0x3000 || code === 0xfeff) return SPACE;
  if (code < 0x0e00) return OTHER;
  if (code < 0x1100) return code <= 0x0eff || code >= 0x1000 ? SCRIPT : OTHER;
  if (code < 0x2e80) return code < 0x1200 || (code >= 0x1780 && code <= 0x17ff) ? SCRIPT : OTHER;
  if (code >= 0xff10 && code <= 0xff19) return DIGIT;
  if ((code >= 0x3001 && code <= 0x303f) || (code >= 0xff01 && code <= 0xff20)) return BREAK;
  return code <= 0xd7ff || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xff21 && code <= 0xffef) ? SCRIPT : OTHER;
}

const words = (text: string) => new Set(text.split(" "));
/** Units, so that a size of 900 B and one of 2 KB are the same statement. */
const UNITS = words(
  "b k m g t kb mb gb tb pb kib mib gib tib byte bytes bit bits ns us µs ms s sec secs second seconds min mins " +
    "minute minutes h hr hrs hour hours d day days hz khz mhz ghz %",
);
/** Words of a written date: values only beside a number. */
const DATE_WORDS = words(
  "mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday jan feb mar apr may jun jul aug " +
    "sep sept oct nov dec january february march april june july august september october november december am pm utc gmt",
);
/** The longest of both lists; longer words are not looked up. */
const LISTED_MAX = 9;

const OPEN = 40;
const CLOSE = 41;
const COMMA = 44;
const DASH = 45;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const LESS = 60;
const EQUALS = 61;
const MORE = 62;
const AT = 64;
const BACKSLASH = 92;
const isJoint = (code: number) =>
  code === 32 || code === COMMA || code === DASH || code === DOT || code === SLASH || code === COLON || code === AT;
/** What may follow a value without being part of it. */
const STOPS = new Set(Array.from("-.!?:,;)]", (char) => char.charCodeAt(0)));
const isHexLetter = (code: number) => (code | 32) >= 97 && (code | 32) <= 102;

/**
 * A log line with its values replaced by {@link WILDCARD}, and blanks made single: numbers with their units, identifiers
 * (any word with a digit in it, a long run of hex letters, a very long word), paths, URLs, addresses, written dates. Values
 * that only a separator divides (host and port, a list) become one. A key (`size_1=`) is never a value. One pass over at most
 * {@link LINE_MAX} characters without a regular expression: linear for any input. Control characters count as blanks; a line of
 * blanks is "". No rule knows any one system.
 */
export function maskLine(line: string): string {
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
      // Brackets of its own with nothing in them hold a value that is missing here.
      if (first === OPEN && i < end && line.charCodeAt(i) === CLOSE && i > 1 && line.charCodeAt(i - 2) === 32) {
        out += line.slice(from, i) + WILDCARD;
        from = i;
      }
      continue;
    }
    if (kind === SCRIPT) {
      while (++i < end && classOf(line.charCodeAt(i)) === SCRIPT);
      continue;
    }
    const start = i;
    const word = wordEnd(line, start, end, valueEnd);
    i = Math.abs(word);
    if (word < 0) continue;
    let stop = i;
    while (stop > start + 1 && STOPS.has(line.charCodeAt(stop - 1))) stop--;
    if (valueEnd >= 0 && joined(line, valueEnd, start)) {
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
function wordEnd(line: string, start: number, end: number, valueEnd: number): number {
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
    else if (isHexLetter(code)) hex++;
    else if (code === SLASH || code === BACKSLASH) slashes++;
    else if (code === AT && i > start) at++;
    else if (code === DOT) {
      // Dots that lead to a value ("address......0") belong neither to the word nor to the value.
      if (i + 1 < end && line.charCodeAt(i + 1) === DOT) break;
      dots++;
    }
    if (++i === end) break;
    code = line.charCodeAt(i);
    kind = code < 128 ? CLASS[code]! : wideClassOf(code);
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
    const address = length <= HEX_GROUP_MAX && hex + digits === length ? addressEnd(line, start, end) : start;
    if (address > start) return address;
    // A host with its port, a file with its line number: the name is no key, but part of the value.
    if (dots > 0 && classOf(next) === DIGIT) return i;
  }
  if (digits > 0) return code !== EQUALS || digits === length || i === end ? i : -i;
  const path = slashes > 1 || (slashes === 1 && length > 1 && (first === SLASH || first === BACKSLASH));
  const data = (at > 0 && length > 2) || length > WORD_MAX || (hex === length && hex >= HEX_MIN);
  return path || data || isPartOfValue(line, start, i, end, valueEnd) ? i : -i;
}

/** Whether one sign of comparison stands before a value on its own (`<1 s`): it is part of the value. */
function signs(line: string, start: number): number {
  const sign = start > 0 ? line.charCodeAt(start - 1) : 0;
  return (sign === LESS || sign === MORE) && (start === 1 || classOf(line.charCodeAt(start - 2)) === SPACE) ? 1 : 0;
}

/** The end of a bracket after a value that says an amount (again): `2048 bytes (2 KB)`; `stop` if there is none. */
function restatedEnd(line: string, stop: number, end: number): number {
  let i = stop + 1;
  if (i + 1 >= end || line.charCodeAt(stop) !== 32 || line.charCodeAt(i++) !== OPEN) return stop;
  const number = i;
  while (
    i < end &&
    (classOf(line.charCodeAt(i)) === DIGIT || line.charCodeAt(i) === DOT || line.charCodeAt(i) === COMMA)
  )
    i++;
  if (i === number) return stop;
  if (line.charCodeAt(i) === 32) i++;
  const unit = i;
  while (i < end && i - unit <= LISTED_MAX && classOf(line.charCodeAt(i)) === OTHER) i++;
  return line.charCodeAt(i) === CLOSE && UNITS.has(line.slice(unit, i).toLowerCase()) ? i + 1 : stop;
}

/** The end of groups of hex digits that colons join (an IPv6 or MAC address, a time) beginning at `start`; `start` if it is none. */
function addressEnd(line: string, start: number, end: number): number {
  let groups = 0;
  let digits = 0;
  let i = start;
  for (;;) {
    const group = i;
    for (; i < end && i - group <= HEX_GROUP_MAX; i++) {
      const code = line.charCodeAt(i);
      if (classOf(code) === DIGIT) digits++;
      else if (!isHexLetter(code)) break;
    }
    if (i - group > HEX_GROUP_MAX || groups > HEX_GROUPS_MAX) return start;
    if (i > group) groups++;
    if (i >= end || line.charCodeAt(i) !== COLON || (i === group && line.charCodeAt(i - 1) !== COLON)) break;
    i++;
  }
  const whole = i >= end || classOf(line.charCodeAt(i)) !== OTHER;
  return whole && digits > 0 && groups >= HEX_GROUPS_MIN ? i : start;
}

const isUrlEnd = (code: number) => classOf(code) === SPACE || code === 34 || code === 39 || code === 60 || code === 62;

/** Whether nothing but a separator stands between the end of a value and the next one's start. */
function joined(line: string, valueEnd: number, start: number): boolean {
  if (start - valueEnd > JOINT_MAX) return false;
  for (let i = valueEnd; i < start; i++) if (!isJoint(line.charCodeAt(i))) return false;
  return true;
}

/** Whether the word from `start` to `stop` is a unit after a value, or part of a written date. */
function isPartOfValue(line: string, start: number, stop: number, end: number, valueEnd: number): boolean {
  const afterValue =
    valueEnd >= 0 && (start === valueEnd || (start === valueEnd + 1 && line.charCodeAt(valueEnd) === 32));
  const capital = (line.charCodeAt(start) & 32) === 0;
  if ((!afterValue && !capital) || stop - start > LISTED_MAX + 1) return false;
  const word = line.slice(start, line.charCodeAt(stop - 1) === DOT ? stop - 1 : stop).toLowerCase();
  if (afterValue) return UNITS.has(word) || DATE_WORDS.has(word);
  if (!DATE_WORDS.has(word)) return false;
  let i = stop;
  while (i < end && (classOf(line.charCodeAt(i)) === SPACE || line.charCodeAt(i) === COMMA)) i++;
  if (i === stop || i === end) return false;
  if (classOf(line.charCodeAt(i)) === DIGIT) return true;
  let after = i;
  while (after < end && after - i <= LISTED_MAX && classOf(line.charCodeAt(after)) === OTHER) after++;
  return DATE_WORDS.has(line.slice(i, after).toLowerCase());
}
