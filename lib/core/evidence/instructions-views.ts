/**
 * Other ways to read a text, each with the place in the original that every character came from, so that what was hidden by
 * spelling is found and shown where it stands.
 */
export interface View {
  text: string;
  /** For each character of `text`, where it begins and where it ends in the original. */
  from: number[];
  to: number[];
}

/** Letters that look like Latin ones, after NFKC (a part of Unicode's confusables, UTS #39): Cyrillic, Greek, others. */
const LOOKALIKES: Record<string, string> = Object.fromEntries(
  [
    ["аӓ@4", "a"],
    ["ьЬв", "b"],
    ["сϲ", "c"],
    ["ԁ", "d"],
    ["еёєε3", "e"],
    ["ɡ", "g"],
    ["һн", "h"],
    ["іїιıí!1", "i"],
    ["ј", "j"],
    ["кκ", "k"],
    ["ӏ", "l"],
    ["м", "m"],
    ["пη", "n"],
    ["оοσө0", "o"],
    ["рρ", "p"],
    ["гᴦ", "r"],
    ["ѕ5$", "s"],
    ["тτ7", "t"],
    ["уυ", "u"],
    ["ѵν", "v"],
    ["ѡω", "w"],
    ["хχ", "x"],
    ["у", "y"],
  ].flatMap(([similar, latin]) => Array.from(similar!).map((c) => [c, latin!])),
);
/** Digits and signs stand for letters only between letters: `1gnore`, `syst3m`; in numbers they are themselves. */
const LEET = /[@43!1057$]/;
const LETTER = /[a-z]/;

/** Invisible or direction-turning: zero-width, soft hyphen, bidi controls, tags, variation selectors. */
const INVISIBLE = /^\p{Default_Ignorable_Code_Point}$/u;
/** Letters written in the tag block (U+E0020 to U+E007E) are ASCII that no screen shows. */
const TAG_BASE = 0xe0000;

/** The text folded: compatibility forms, accents of look-alikes, case, invisible characters. */
export function folded(text: string): View {
  const view: View = { text: "", from: [], to: [] };
  let out = "";
  let at = 0;
  for (const char of text) {
    const begins = at;
    at += char.length;
    const code = char.codePointAt(0)!;
    const shown = code > TAG_BASE + 0x1f && code < TAG_BASE + 0x7f ? String.fromCharCode(code - TAG_BASE) : char;
    if (INVISIBLE.test(shown)) continue;
    for (const c of shown.normalize("NFKC").toLowerCase()) {
      const latin = LEET.test(c) ? c : (LOOKALIKES[c] ?? c);
      out += latin;
      for (let i = 0; i < latin.length; i++) {
        view.from.push(begins);
        view.to.push(at);
      }
    }
  }
  view.text = unleet(out);
  return view;
}

const unleet = (text: string): string => {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    const between =
      LEET.test(c) &&
      LETTER.test(text[i + 1] ?? "") &&
      (LETTER.test(text[i - 1] ?? "") || /[ei]/.test(LOOKALIKES[c] ?? ""));
    out += between && LETTER.test(text[i + 2] ?? text[i - 2] ?? "") ? LOOKALIKES[c]! : c;
  }
  return out;
};

const ESCAPE =
  /%([\da-f]{2})|\\x([\da-f]{2})|\\u\{?([\da-f]{4,5})\}?|&#(\d{2,6});|&#x([\da-f]{2,5});|&(lt|gt|quot|amp|nbsp);|\\(n|t|")/gi;
const ENTITIES: Record<string, string> = {
  lt: "<",
  gt: ">",
  quot: '"',
  amp: "&",
  nbsp: " ",
  n: "\n",
  t: " ",
  '"': '"',
};

/** The text with URL, JSON, C and HTML escapes undone; null when there is none. */
export function unescaped(text: string): View | null {
  const view: View = { text: "", from: [], to: [] };
  let out = "";
  let last = 0;
  let any = false;
  const push = (chars: string, begins: number, ends: number, each: boolean) => {
    for (let i = 0; i < chars.length; i++) {
      out += chars[i];
      view.from.push(each ? begins + i : begins);
      view.to.push(each ? begins + i + 1 : ends);
    }
  };
  for (const match of text.matchAll(ESCAPE)) {
    any = true;
    push(text.slice(last, match.index), last, match.index, true);
    const hex = match[1] ?? match[2] ?? match[3] ?? match[5];
    const code = hex === undefined ? (match[4] === undefined ? null : Number(match[4])) : Number.parseInt(hex, 16);
    const char =
      code === null
        ? ENTITIES[(match[6] ?? match[7] ?? "").toLowerCase()]!
        : code > 0x10ffff
          ? "?"
          : String.fromCodePoint(code);
    last = match.index + match[0].length;
    push(char, match.index, last, false);
  }
  if (!any) return null;
  push(text.slice(last), last, text.length, true);
  view.text = out;
  return view;
}

/** Letters set apart one by one (`i g n o r e`, `i.g.n.o.r.e`) drawn together; null when there are none. */
export function joinSpacedLetters(text: string): View | null {
  const runs = [...text.matchAll(/(?<![a-z])[a-z](?:([ ._*-]{1,2})[a-z](?![a-z])){3,80}/gi)];
  if (runs.length === 0) return null;
  const view: View = { text: "", from: [], to: [] };
  let last = 0;
  const push = (begins: number, ends: number, only: RegExp | null) => {
    for (let i = begins; i < ends; i++) {
      if (only !== null && !only.test(text[i]!)) {
        // Two separators in a row were a space between words.
        if (!only.test(text[i + 1] ?? "")) view.text += " ";
        else continue;
      } else view.text += text[i];
      view.from.push(i);
      view.to.push(i + 1);
    }
  };
  for (const run of runs) {
    push(last, run.index, null);
    last = run.index + run[0].length;
    push(run.index, last, /[a-z]/i);
  }
  push(last, text.length, null);
  return view;
}

const BASE64 = /(?<![\w+/-])(?:[A-Za-z\d+/_-]{20,4096}={0,2})(?![\w+/=-])/g;
const HEX = /(?<![\da-f])(?:[\da-f]{2}){12,2048}(?![\da-f])/gi;
/** What decodes to text is printable throughout; random bytes almost never are. */
const PRINTABLE = /^[\t\n\r\x20-\x7e]+$/;

/** Passages that are base64 or hex of readable text, decoded; each counts as a whole. */
export function decoded(text: string): View[] {
  const views: View[] = [];
  const add = (plain: string, begins: number, ends: number) => {
    if (plain.length < 10 || !PRINTABLE.test(plain) || !plain.includes(" ")) return;
    views.push({ text: plain, from: Array(plain.length).fill(begins), to: Array(plain.length).fill(ends) });
  };
  for (const match of text.matchAll(BASE64)) {
    const plain = fromBase64(match[0]);
    if (plain !== null) add(plain, match.index, match.index + match[0].length);
  }
  for (const match of text.matchAll(HEX))
    add(
      (match[0].match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join(""),
      match.index,
      match.index + match[0].length,
    );
  return views;
}

function fromBase64(text: string): string | null {
  try {
    return atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    // Not base64 after all: an identifier of some length.
    return null;
  }
}

/** `outer` read from `inner`'s text: places of the composition are those of the original. */
export const within = (inner: View, outer: View): View => ({
  text: outer.text,
  from: outer.from.map((i) => inner.from[i] ?? 0),
  to: outer.to.map((i) => inner.to[i - 1] ?? 0),
});
