import { CODES, DIGIT, LISTED_MAX, OTHER, STOPS, UNITS, classOf, isHexLetter } from "./log-characters";

const { OPEN, CLOSE, COMMA, DASH, UNDERSCORE, DOT, COLON, EQUALS } = CODES;

/** Digits at a word's end that number it (`eth0`, `ipv4`, `worker-12`), and letters that it has at least. */
export const NUMBER_MAX = 2;
const NUMBERED_MIN = 2;
/** Digits of one group of an address, and groups that make one. */
export const HEX_GROUP_MAX = 4;
const HEX_GROUPS_MIN = 3;
const HEX_GROUPS_MAX = 8;

/**
 * Where the number begins that a word ends in; -1 if the word is none that is numbered. What is before it has to read as a word:
 * letters, dashes between them. A key (`size_1=`) keeps its number.
 */
export function numberAt(line: string, start: number, stop: number): number {
  if (line.charCodeAt(stop) === EQUALS) return -1;
  let end = stop;
  while (end > start && STOPS.has(line.charCodeAt(end - 1))) end--;
  let digits = end;
  while (digits > start && classOf(line.charCodeAt(digits - 1)) === DIGIT) digits--;
  if (digits === end || end - digits > NUMBER_MAX || digits - start < NUMBERED_MIN) return -1;
  for (let i = start; i < digits; i++) {
    const code = line.charCodeAt(i);
    const dash = i > start && (code === DASH || code === UNDERSCORE);
    const letter = code > 127 || ((code | 32) >= 97 && (code | 32) <= 122);
    if (!letter && !dash) return -1;
  }
  return digits;
}

/** The end of a bracket after a value that says an amount (again): `2048 bytes (2 KB)`; `stop` if there is none. */
export function restatedEnd(line: string, stop: number, end: number): number {
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
export function addressEnd(line: string, start: number, end: number): number {
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
