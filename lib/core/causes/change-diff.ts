/** Files that describe, style or try what runs, and do not run; a list of requirements is what runs. */
const INERT =
  /\.(?:css|scss|less|md|rst|svg)$|(?<!requirements[\w.-]{0,40})\.txt$|[._]test\.|[._]spec\.|(?:^|\/)(?:docs|tests?|testdata|\.github)\//i;
/** Words of what keeps a program out of trouble: checks, locks, limits, deadlines, cleaning up. */
const GUARD =
  /\b(?:if|catch|except|finally|defer|lock|unlock|mutex|synchronized|atomic|timeout|deadline|limit|retry|backoff|batch|chunk|close|validate|check|register)\b/gi;
const NAME = /[A-Za-z_]\w*|\d+(?:\.\d+)*/g;
/** A number that stands alone: not a version of three parts, not part of a name. */
const NUMBER = /(?<![\w.])\d+(?:\.\d+)?(?![\w]*\.\d)/g;
/** A setting that is at least so many times as large or as small. */
const FACTOR = 2;
/** Of the names in removed lines so many come back in added ones: code that was moved or tidied. */
const MOVED_FROM = 0.6;
/** Characters of a diff that are read. */
const READ_MAX = 100_000;

const INERT_WEIGHT = 0.1;
const MOVED_WEIGHT = 0.4;
const ADDED_WEIGHT = 0.5;
const REWRITTEN_WEIGHT = 0.7;

/** Whether a file describes, styles or tries what runs, and does not run. */
export const isInert = (file: string): boolean => INERT.test(file);

/** What a diff does to a program, 0 to 1, and what it was read off: `removes 'limit': 'if (n > limit) return'`. */
export interface Alteration {
  weight: number;
  says: string;
}

/**
 * How much a change alters what a program does, 0 to 1, read off its unified diff: 1 where a check, lock, limit or deadline went away
 * or a number moved by a factor of two; less for code that was rewritten, added or only moved; least for documents, styles and tests.
 * Null when there is no diff. Rules of thumb of code review, not learned from incidents: the words of a diff say what it touches, this says
 * whether it can do harm there.
 */
export function alterationOf(diff: string | undefined, files: readonly string[] = []): Alteration | null {
  if (files.length > 0 && files.every(isInert))
    return { weight: INERT_WEIGHT, says: "touches only documents, styles or tests" };
  if (diff === undefined) return null;
  const lines = diff.slice(0, READ_MAX).split("\n");
  const added = linesOf(lines, "+");
  const removed = linesOf(lines, "-");
  if (added.length === 0 && removed.length === 0) return null;
  const [guard] = without(tally(removed, GUARD), tally(added, GUARD));
  if (guard !== undefined) return { weight: 1, says: `removes '${guard}'${quoteOf(removed, guard)}` };
  const moved = movedFar(tally(removed, NUMBER), tally(added, NUMBER));
  if (moved !== null) return { weight: 1, says: `changes ${moved[0]} to ${moved[1]}${quoteOf(added, moved[1])}` };
  const names = tally(removed, NAME);
  const total = [...names.values()].reduce((sum, n) => sum + n, 0);
  if (total === 0) return { weight: ADDED_WEIGHT, says: "only adds code" };
  const kept = 1 - without(names, tally(added, NAME)).length / total;
  return kept >= MOVED_FROM
    ? { weight: MOVED_WEIGHT, says: "mostly moves code" }
    : { weight: REWRITTEN_WEIGHT, says: "rewrites code" };
}

/** Non-empty lines of one sign, without it and without file headings. */
const linesOf = (lines: readonly string[], sign: string): string[] =>
  lines
    .filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3)))
    .map((line) => line.slice(1))
    .filter((line) => line.trim() !== "");

/** Of a quoted line, characters. */
const QUOTE_CHARS = 120;

/** The first line that holds a word, as a quotation. */
function quoteOf(lines: readonly string[], word: string): string {
  const line =
    lines
      .find((one) => one.includes(word))
      ?.replace(/\s+/g, " ")
      .trim() ?? "";
  return line === "" ? "" : `: '${line.slice(0, QUOTE_CHARS)}'`;
}

function tally(lines: readonly string[], pattern: RegExp): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) for (const [word] of line.matchAll(pattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** What is in one and not in the other, as often as it is more often there. */
const without = (one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): string[] =>
  [...one].flatMap(([word, n]) => Array.from({ length: Math.max(0, n - (other.get(word) ?? 0)) }, () => word));

/** The first number that became at least {@link FACTOR} times as large or as small; null where numbers do not pair. */
function movedFar(
  removed: ReadonlyMap<string, number>,
  added: ReadonlyMap<string, number>,
): [from: string, to: string] | null {
  const from = without(removed, added);
  const to = without(added, removed);
  if (from.length !== to.length) return null;
  const at = from.findIndex((text, i) => {
    const [a, b] = [Number(text), Number(to[i])];
    return a > 0 && b > 0 && Math.max(a / b, b / a) >= FACTOR;
  });
  return at < 0 ? null : [from[at]!, to[at]!];
}
