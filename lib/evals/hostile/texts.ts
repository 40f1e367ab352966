import { seeded } from "../analysis/rename";
import { attacksOn } from "./attacks";

/** A text that is meant to make a reader work hard, for any length. */
export interface HostileText {
  /** What it is made of, in a few characters. */
  name: string;
  make: (length: number) => string;
}

/** Mixtures are the same in every run. */
const SEED = 20_261;
const MIXTURES = 40;
/** Pieces of a mixture before it repeats. */
const PIECES = 300;
const LINE = 100;
const NAME_CHARS = 24;

/** Single characters, long runs of which readers stumble over: digits, blanks, quotes, openers, escapes, and what Unicode folds. */
const RUNS = Array.from(
  "1aAZ \t\r\n\0{}[]()<>\"'`\\/|.,:;=-_+*#@%&!?~^$\u001b\u009b\u00a0éя中ﷺ\u200b\ufeff\ufffd\u2028\u0301",
);
/** Beginnings that are not ended, near-matches, and what makes a parser nest. */
const PARTS = [
  // Secrets.
  "a@", "a@a.", "eyJ", "eyJaaaaaaaa.", "eyJaaaaaaaa.aaaaaaaa", "key=", "password=", "password: '", 'token="', "api_key:", "bearer ", "authorization: basic ",
  "a://", "a://a:", "https://a:b", "-----BEGIN PRIVATE KEY-----", "-----BEGIN A ", "AKIA", "sk-", "xoxb-", "4111 1111 1111 1111 ", "1 ", "1-", "1.", "1.1.1.", "255.",
  // Times.
  "2026-05-20T12:30:01Z ", "2026-05-20 ", "2026-05-20T", "12:30:01 ", "12:30:", "May 20 ", "Wed May ", "20/May/2026:", "03/04/2026 ", "1779280201", "1779280201.", "ts=1779280201 ", "2026", "00000000T",
  // Lines.
  '{"', '{"a":', '{"a":{', '{"message":"', '{"message":"{\\"', '{"level":"error","msg":"a"}', '{"ts":1779280201,"msg":"a"}\n', "[[", "a=b ", 'a="b" ', "a=", '\\"', "\\u0061", "\\n", "\u001b[", "\u001b[31m", "\u001b]8;;", "#033[", "\u009b31;",
  "2026-05-20T12:30:01.000000000Z stdout P ", "2026-05-20T12:30:01.000000000Z stdout F {", "<13>", "at a.b(C:1)\n\t",
  // Values of templates.
  "::", "ab:cd:", "ab:", "/a", "a/", "C:\\", "<1 s ", "(2 KB)", " (2", "1 mon ", "Mon ", "Mon, ", "()", " () ", "..", "a..1",
  // Orders.
  "ignore ", "ignore all ", "ignore previous ", "you must ", "please ", "run ", "run rm -", "now restart a ", "urgent a ", "curl ", "curl a|", "to fix curl ", "a_b(", "i g n o r e ", "skip ", "restart ", "do not ", "upload a ", "sentinel ", "note to ai ", "aWdub3JlIGFsbCA", "aWdub3JlIGFsbCA ", "69676e6f7265 ", "&#105;", "%69", "\\x69", "1gn0r3 ",
  // PromQL, markdown, CSV, expositions.
  "sum(", "a+", "a and ", 'a{b="c",', 'a{b="c"} 1\n', "rate(a[5m])", "a[", "-", "1h", "((", "))", "```\n", "~~~\n", "# a\n", "# ", "###### ", "---\n", "services: ", "services:\n", '"a",', '""', ',"', ",,", ";", "a\n", "\r\n", "1,2\n", "|", "1,000", "/Date(",
  // Unicode: marks that are put in order, letters that fold into many.
  "\u0301\u0327", "e\u0301", "\u0327\u0301\u0323", "\ud800", "𝐢", "ⅳ", "ß", "İ", "ﬃ", "가",
]; // prettier-ignore
/** What does not fit after a long run. */
const ENDS = ["!", '"'];

const repeated = (part: string, length: number): string =>
  part.repeat(Math.ceil(length / part.length)).slice(0, length);

/** A part again and again: in one run, with an end that does not fit, in lines, and after a beginning. */
function shapesOf(part: string): HostileText[] {
  const name = JSON.stringify(part).slice(1, -1).slice(0, NAME_CHARS);
  const last = part.at(-1)!;
  return [
    { name: `${name} …`, make: (n) => repeated(part, n) },
    { name: `lines of ${name} …`, make: (n) => repeated(`${repeated(part, LINE)}\n`, n) },
    ...(part.length > 1
      ? [{ name: `${name} and a run`, make: (n: number) => part + repeated(last, n - part.length) }]
      : []),
    ...ENDS.filter((end) => !part.includes(end)).map((end) => ({
      name: `${name} … ${JSON.stringify(end).slice(1, -1)}`,
      make: (n: number) => repeated(part, n - 1) + end,
    })),
  ];
}

/** A part, then a long run of a character: what begins with the part reads the run. */
const openings = (): HostileText[] =>
  PARTS.flatMap((part) =>
    ["a", "1", " "].map((char) => ({
      name: `${JSON.stringify(part).slice(1, -1).slice(0, NAME_CHARS)} then ${char}`,
      make: (n: number) => part + repeated(char, n - part.length),
    })),
  );

/** Different words and numbers all along: nothing repeats, so that whatever is remembered grows. */
const different = (separator: string): HostileText => ({
  name: `different words, ${JSON.stringify(separator).slice(1, -1)}`,
  make: (n) => {
    const words: string[] = [];
    for (let i = 0, length = 0; length < n; i++) {
      const word = `w${(i * 2_654_435_761).toString(36)}`.replace(/\d/g, (d) => "qrstuvxyzk"[Number(d)]!);
      words.push(word);
      length += word.length + separator.length;
    }
    return words.join(separator).slice(0, n);
  },
});

function mixtures(): HostileText[] {
  const random = seeded(SEED);
  const all = [...RUNS, ...PARTS];
  return Array.from({ length: MIXTURES }, (_, i) => {
    const few = Array.from({ length: 2 + Math.floor(random() * 8) }, () => all[Math.floor(random() * all.length)]!);
    const mixed = Array.from({ length: PIECES }, () => few[Math.floor(random() * few.length)]!).join("");
    return { name: `mixture ${i + 1}`, make: (n: number) => repeated(mixed, n) };
  });
}

/** Texts against any reader: runs, unfinished beginnings, near-matches, nesting, and mixtures of them. */
export const hostileTexts = (): HostileText[] => [
  ...[...RUNS, ...PARTS].flatMap(shapesOf),
  ...openings(),
  ...["\n", " ", ",", "=", ":", '","'].map(different),
  ...mixtures(),
];

/** Texts against a reader that uses these patterns, a few for each. */
export const textsAgainst = (patterns: readonly RegExp[], each: number): HostileText[] =>
  patterns.flatMap((pattern) =>
    attacksOn(pattern, each).map((make, i) => ({
      name: `against /${pattern.source.slice(0, NAME_CHARS)}/ ${i + 1}`,
      make,
    })),
  );
