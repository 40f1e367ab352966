import { clamp } from "../base/stats";

/**
 * How bad and how good a line of operational English sounds, each 0 to 1. A line may be both ("failed, then recovered").
 * `past`: its good part says that something bad has ended.
 */
export interface Tone {
  bad: number;
  good: number;
  past: boolean;
}

/** Longer lines are read up to here; the point of a line stands early. */
const READ_CHARS = 2_000;

/** Words by how surely they speak of trouble, whatever the system. Stems match as prefixes when they end in `*`. */
const BAD: readonly (readonly [weight: number, words: string])[] = [
  [
    0.9,
    "fatal panic* crash* oom corrupt* outage* unreachable segfault emergency emerg unavailable unschedulable deadlock* killed",
  ],
  [
    0.7,
    "error* err fail* exception* refused rejected rejecting denied forbidden exceeded exceeds exhaust* timeout* unable cannot invalid missing unhealthy lost dead leak* insufficient unresponsive evict* abort* blocked blocking stalled stuck degraded traceback unresolved disconnected unauthorized expired critical critically alerting alert saturat* overload* violat* broken interrupted notready starv*",
  ],
  [
    0.4,
    "warn* slow* backoff unknown pending terminated behind pressure contention throttl* killing dropped drop pinned storm too rollback unexpected* retry retries restart* low excessive* frequently stale waiting impending imminently approaching",
  ],
];

/** Words of an end of trouble, and words of plain health. */
const ENDED =
  "recovered restored resumed resolved completed complete finished succeeded successful* success cleared healed reconnected rolled";
const WELL = "ok healthy normal ready available passed stable cleanly operational sustained running";

/** Turn what follows within a few words into its opposite. */
const NEGATORS = new Set(["no", "not", "non", "without", "never", "zero", "none", "0", "isn", "wasn", "aren", "didn"]);
const NEGATOR_REACH = 3;
/** No negation reaches across: "not an error, but failed", "not ready (recovered)". */
const BREAKS = new Set(["but", "and", "(", ")", ",", ";"]);
/** After a word, these say that it does not hold. */
const FALSY = new Set(["false", "0", "none", "no", "off", "null", "ok"]);

/** Between a word and its number: `restart_count=0`. */
const COUNTED = new Set(["count", "total", "number", "rate", "s"]);

interface Lexicon {
  exact: Map<string, number>;
  stems: (readonly [stem: string, weight: number])[];
}

const lexicon = (entries: readonly (readonly [number, string])[]): Lexicon => {
  const exact = new Map<string, number>();
  const stems: [string, number][] = [];
  for (const [weight, words] of entries)
    for (const word of words.split(" ")) {
      if (word.endsWith("*")) stems.push([word.slice(0, -1), weight]);
      else exact.set(word, weight);
    }
  return { exact, stems };
};
const BAD_WORDS = lexicon(BAD);
const ENDED_WORDS = lexicon([[0.7, ENDED]]);
const WELL_WORDS = lexicon([[0.4, WELL]]);

const look = (word: string, { exact, stems }: Lexicon): number =>
  exact.get(word) ?? stems.find(([stem]) => word.startsWith(stem))?.[1] ?? 0;

/** `FailedScheduling`, `OOMKilled`, `disk_pressure` and `exit-code` as words, in lower case; numbers stay whole, as do `(`, `)`, `,`, `;`. */
export function wordsOf(text: string): string[] {
  return (
    text
      .slice(0, READ_CHARS)
      .replace(/([a-z\d])([A-Z])/g, "$1 $2")
      .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
      .toLowerCase()
      .match(/\d+(?:\.\d+)?|[a-z]+|[(),;]/g) ?? []
  );
}

/** A system's errno in capitals: ECONNREFUSED, ENOTFOUND, EPIPE. */
const ERRNO = /\bE[A-Z]{4,14}\b/;
/** A response of a server that failed, in an access line: a number from 500 on right after a path or a protocol. */
const SERVER_FAILED = /5\d\d\b(?<=\/\S*\s+5\d\d)/;
/** A process that ended with something else than zero, or by a signal, in the words of shells, containers and systemd. */
const EXIT_NOT_ZERO =
  /\bexit(?:ed)?(?:\s+with)?[\s_-]*(?:code|status)[\s=:]*(?!0\b)\d|\bcode=(?:exited|killed|dumped),\s*status=(?!0\b)\d|\b(?:killed|terminated)\s+by\s+signal\b/i;

/** Whether a line says that a process ended, and not in good order. */
export const tellsOfBadExit = (text: string): boolean => EXIT_NOT_ZERO.test(text.slice(0, READ_CHARS));

/**
 * Reads a line's tone by a lexicon with negation: "no errors", "errors=0" and "memory_pressure: False" are not bad, "not ready"
 * and "ready=false" are (the scheme of rule-based sentiment readers such as VADER, Hutto & Gilbert 2014, with operations' words).
 * Severity of levels (`ERROR`, `warn`) is part of the lexicon, since levels are words of the line. Linear in the line.
 */
export function toneOf(text: string): Tone {
  const words = wordsOf(text);
  let bad = 0;
  let ended = 0;
  let well = 0;
  const add = (sum: number, weight: number) => 1 - (1 - sum) * (1 - weight);
  for (const [i, word] of words.entries()) {
    const badWeight = look(word, BAD_WORDS);
    const endedWeight = look(word, ENDED_WORDS);
    const wellWeight = look(word, WELL_WORDS);
    if (badWeight + endedWeight + wellWeight === 0) continue;
    const negated = isNegated(words, i);
    if (badWeight > 0) {
      if (negated) well = add(well, 0.3);
      else bad = add(bad, badWeight);
    } else if (negated) bad = add(bad, 0.6);
    else if (endedWeight > 0) ended = add(ended, endedWeight);
    else well = add(well, wellWeight);
  }
  const head = text.slice(0, READ_CHARS);
  if (ERRNO.test(head)) bad = add(bad, 0.7);
  if (SERVER_FAILED.test(head)) bad = add(bad, 0.7);
  if (tellsOfBadExit(head)) bad = add(bad, 0.7);
  return { bad: clamp(bad, 0, 1), good: clamp(add(ended, well), 0, 1), past: ended > 0 };
}

function isNegated(words: readonly string[], at: number): boolean {
  let next = words[at + 1];
  if (next !== undefined && COUNTED.has(next)) next = words[at + 2];
  if (next !== undefined && FALSY.has(next)) return true;
  for (let i = at - 1; i >= Math.max(0, at - NEGATOR_REACH); i--) {
    if (NEGATORS.has(words[i]!)) return true;
    if (BREAKS.has(words[i]!)) return false;
  }
  return false;
}

/** One number for sorting: bad, less what is said to have ended. */
export const badness = ({ bad, good, past }: Tone): number => bad * (1 - (past ? 0.7 : 0.3) * good);
