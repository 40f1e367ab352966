/** SCRIPT: letters of scripts that write no blanks between words, where a number is told from the words around it by itself. */
export const CLASSES = [0, 1, 2, 3, 4] as const;
export const [OTHER, SPACE, BREAK, DIGIT, SCRIPT] = CLASSES;
export const CLASS = new Uint8Array(128).fill(OTHER);
for (let code = 0; code < 128; code++) {
  if (code <= 32 || code === 127) CLASS[code] = SPACE;
  else if (code >= 48 && code <= 57) CLASS[code] = DIGIT;
  else if (",;=()[]{}<>\"'|:`".includes(String.fromCharCode(code))) CLASS[code] = BREAK;
}
export const classOf = (code: number): number => (code < 128 ? CLASS[code]! : wideClassOf(code));

/** Thai to Myanmar, Khmer; kana, hangul and Han with their punctuation and full-width forms. */
export function wideClassOf(code: number): number {
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
export const UNITS = words(
  "b k m g t kb mb gb tb pb kib mib gib tib byte bytes bit bits ns us µs ms s sec secs second seconds min mins " +
    "minute minutes h hr hrs hour hours d day days hz khz mhz ghz %",
);
/** Words of a written date: values only beside a number. */
export const DATE_WORDS = words(
  "mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday jan feb mar apr may jun jul aug " +
    "sep sept oct nov dec january february march april june july august september october november december am pm utc gmt",
);
/** The longest of both lists; longer words are not looked up. */
export const LISTED_MAX = 9;

export const CODES = {
  OPEN: 40,
  CLOSE: 41,
  COMMA: 44,
  DASH: 45,
  UNDERSCORE: 95,
  DOT: 46,
  SLASH: 47,
  COLON: 58,
  LESS: 60,
  EQUALS: 61,
  MORE: 62,
  AT: 64,
  BACKSLASH: 92,
} as const;
/** What may follow a value without being part of it. */
export const STOPS = new Set(Array.from("-.!?:,;)]", (char) => char.charCodeAt(0)));
export const isHexLetter = (code: number) => (code | 32) >= 97 && (code | 32) <= 102;
