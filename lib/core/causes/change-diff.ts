import { settingChanges } from "./change-settings";

/** Files that describe, style or try what runs, and do not run; a list of requirements is what runs. */
const INERT =
  /\.(?:css|scss|less|md|rst|svg)$|(?<!requirements[\w.-]{0,40})\.txt$|[._]test\.|[._]spec\.|(?:^|\/)(?:docs|tests?|testdata|\.github)\//i;
/** Lines of nothing but a comment. */
const COMMENT = /^\s*(?:\/\/|\/\*|\*(?:\s|\/|$)|#(?:\s|$)|--\s|<!--)/;
/** Words of what keeps a program out of trouble: checks, locks, limits, deadlines, waiting, cleaning up. */
const GUARD =
  /\b(?:if|catch|except|finally|defer|lock|unlock|mutex|synchronized|atomic|timeout|deadline|limit|retry|backoff|delay|sleep|batch|chunk|close|validate|check|register)\b/gi;
/** Names as they are quoted in lines and stand in code, dashes included. */
const TOKEN = /[A-Za-z_][\w-]*/g;
const NAME = /[A-Za-z_]\w*|\d+(?:\.\d+)*/g;
/** Each of a list of things in turn. An endless loop or a count is none. */
const LOOP = [/^\s*(?:for|foreach)\b/, /\b(?:in|of|range)\b|:(?!=)/] as const;
const EACH = /\.(?:forEach|map|each)\(/;
/** A call that leaves the process, told by what it is made on or given. */
const REMOTE = [
  /\b(?:await|ctx|context|client|db|repo|repository|dao|session|cursor|conn|rpc|stub|http|requests)\b/,
  /\w\(/,
] as const;
/** Of the names in removed lines so many come back in added ones: code that was moved or tidied. */
const MOVED_FROM = 0.6;
/** Characters of a diff that are read, and of a line. */
const READ_MAX = 100_000;
const LINE_MAX = 1_000;
const QUOTE_CHARS = 120;

const INERT_WEIGHT = 0.1;
const MOVED_WEIGHT = 0.4;
const ADDED_WEIGHT = 0.5;
const RELAXED_WEIGHT = 0.5;
const REWRITTEN_WEIGHT = 0.7;

/** Whether a file describes, styles or tries what runs, and does not run. */
export const isInert = (file: string): boolean => INERT.test(file);

/** What a diff does to a program, 0 to 1, and what it was read off: `removes 'limit': 'if (n > limit) return'`. */
export interface Alteration {
  weight: number;
  says: string;
}

/**
 * How much a change alters what a program does, 0 to 1, read off its unified diff: 1 where it changes what failing lines name (`named`), a
 * check, lock or limit went away, a setting moved by a factor of two or went away, or each of many things takes a call of its own now;
 * less where a setting allows more than before, and for code that was rewritten, added or only moved; least for documents, styles, tests and comments.
 * Null when there is no diff. Rules of thumb of code review, not learned from incidents, and of locating bugs by the names that
 * reports and hunks share (Wen et al. 2016, Locus).
 */
export function alterationOf(
  diff: string | undefined,
  files: readonly string[] = [],
  named: ReadonlySet<string> = new Set(),
): Alteration | null {
  if (files.length > 0 && files.every(isInert))
    return { weight: INERT_WEIGHT, says: "touches only documents, styles or tests" };
  if (diff === undefined) return null;
  const lines = diff.slice(0, READ_MAX).split("\n");
  const changed = [linesOf(lines, "-"), linesOf(lines, "+")];
  if (changed.every((side) => side.length === 0)) return null;
  const [removed, added] = changed.map((side) => side.filter((line) => !COMMENT.test(line))) as [string[], string[]];
  if (removed.length === 0 && added.length === 0) return { weight: INERT_WEIGHT, says: "changes only comments" };
  const sure = changesNamed(removed, added, named) ?? losesGuard(removed, added) ?? callsEach(removed, added);
  if (sure !== null) return { weight: 1, says: sure };
  const [setting] = settingChanges(removed, added);
  const says = setting && `${setting.says}${quote(setting.line)}`;
  if (setting?.relaxed === false) return { weight: 1, says: says! };
  const rest = restOf(removed, added);
  return says === undefined ? rest : { weight: Math.max(RELAXED_WEIGHT, rest.weight), says };
}

/** Non-empty lines of one sign, without it and without file headings. */
const linesOf = (lines: readonly string[], sign: string): string[] =>
  lines
    .filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3)))
    .map((line) => line.slice(1, LINE_MAX))
    .filter((line) => line.trim() !== "");

const quote = (line: string): string => `: '${line.replace(/\s+/g, " ").trim().slice(0, QUOTE_CHARS)}'`;

/** A name that failing lines quote, and that the change adds or removes. */
function changesNamed(removed: readonly string[], added: readonly string[], named: ReadonlySet<string>): string | null {
  if (named.size === 0) return null;
  const [before, after] = [tally(removed, TOKEN), tally(added, TOKEN)];
  for (const name of named) {
    const more = (after.get(name) ?? 0) - (before.get(name) ?? 0);
    if (more === 0) continue;
    const line = (more > 0 ? added : removed).find((one) => one.match(TOKEN)?.includes(name))!;
    return `${more > 0 ? "adds" : "removes"} '${name}', which failing lines name${quote(line)}`;
  }
  return null;
}

/** A guard that is less often there than before, in a line whose other names do not all come back: one that was only rewritten goes on. */
function losesGuard(removed: readonly string[], added: readonly string[]): string | null {
  const fewer = without(tally(removed.map(words), GUARD), tally(added.map(words), GUARD));
  const kept = tally(added, NAME);
  for (const guard of new Set(fewer)) {
    const line = removed.find(
      (one) =>
        [...words(one).matchAll(GUARD)].some(([word]) => word === guard) &&
        (one.match(NAME) ?? []).some((name) => name !== guard && !kept.has(name)),
    );
    if (line !== undefined) return `removes '${guard}'${quote(line)}`;
  }
  return null;
}

/** Names in camel case and snake case as words, so that `RequestTimeout` is a timeout. */
const words = (line: string): string => line.replace(/([a-z\d])([A-Z])/g, "$1 $2").replaceAll("_", " ");

/** A call to the outside within a loop over things, where there was none (the "N+1" of queries). */
function callsEach(removed: readonly string[], added: readonly string[]): string | null {
  const was = callInLoop(removed);
  const is = callInLoop(added);
  return is !== null && was === null ? `calls out for each of many${quote(is)}` : null;
}

function callInLoop(lines: readonly string[]): string | null {
  let loop: number | null = null;
  for (const line of lines) {
    const depth = line.search(/\S/);
    if (loop !== null && depth <= loop) loop = null;
    if (loop !== null && REMOTE.every((part) => part.test(line))) return line;
    if (EACH.test(line) || LOOP.every((part) => part.test(line))) loop = Math.min(loop ?? depth, depth);
  }
  return null;
}

function restOf(removed: readonly string[], added: readonly string[]): Alteration {
  const names = tally(removed, NAME);
  const total = [...names.values()].reduce((sum, n) => sum + n, 0);
  if (total === 0) return { weight: ADDED_WEIGHT, says: "only adds code" };
  const kept = 1 - without(names, tally(added, NAME)).length / total;
  return kept >= MOVED_FROM
    ? { weight: MOVED_WEIGHT, says: "mostly moves code" }
    : { weight: REWRITTEN_WEIGHT, says: "rewrites code" };
}

function tally(lines: readonly string[], pattern: RegExp): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) for (const [word] of line.matchAll(pattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** What is in one and not in the other, as often as it is more often there. */
const without = (one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): string[] =>
  [...one].flatMap(([word, n]) => Array.from({ length: Math.max(0, n - (other.get(word) ?? 0)) }, () => word));
