/** Files that describe, style or try what runs, and do not run. */
const INERT = /\.(?:css|scss|less|md|rst|txt|svg)$|[._]test\.|[._]spec\.|(?:^|\/)(?:docs|tests?|testdata|\.github)\//i;
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

/**
 * How much a change alters what a program does, 0 to 1, read off its unified diff: 1 where a check, lock, limit or deadline went away
 * or a number moved by a factor of two; less for code that was rewritten, added or only moved; least for documents, styles and tests.
 * Null when there is no diff. Rules of thumb of code review, not learned from incidents: the words of a diff say what it touches, this says
 * whether it can do harm there.
 */
export function alterationOf(diff: string | undefined, files: readonly string[] = []): number | null {
  if (files.length > 0 && files.every((file) => INERT.test(file))) return INERT_WEIGHT;
  if (diff === undefined) return null;
  const lines = diff.slice(0, READ_MAX).split("\n");
  const added = linesOf(lines, "+");
  const removed = linesOf(lines, "-");
  if (added === "" && removed === "") return null;
  if (without(tally(removed, GUARD), tally(added, GUARD)).length > 0) return 1;
  if (movedFar(tally(removed, NUMBER), tally(added, NUMBER))) return 1;
  const names = tally(removed, NAME);
  const total = [...names.values()].reduce((sum, n) => sum + n, 0);
  if (total === 0) return ADDED_WEIGHT;
  const kept = 1 - without(names, tally(added, NAME)).length / total;
  return kept >= MOVED_FROM ? MOVED_WEIGHT : REWRITTEN_WEIGHT;
}

const linesOf = (lines: readonly string[], sign: string) =>
  lines
    .filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3)))
    .map((line) => line.slice(1))
    .join("\n");

function tally(text: string, pattern: RegExp): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of text.matchAll(pattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** What is in one and not in the other, as often as it is more often there. */
const without = (one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): string[] =>
  [...one].flatMap(([word, n]) => Array.from({ length: Math.max(0, n - (other.get(word) ?? 0)) }, () => word));

function movedFar(removed: ReadonlyMap<string, number>, added: ReadonlyMap<string, number>): boolean {
  const from = without(removed, added).map(Number);
  const to = without(added, removed).map(Number);
  return (
    from.length === to.length && from.some((a, i) => a > 0 && to[i]! > 0 && Math.max(a / to[i]!, to[i]! / a) >= FACTOR)
  );
}
