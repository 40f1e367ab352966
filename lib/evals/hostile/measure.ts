import { median } from "simple-statistics";
import type { Line } from "../detection/table";
import { MAX_RATIO } from "./linear";
import { literalPatterns } from "./patterns";
import { type Reader, READERS } from "./readers";
import { type HostileText, hostileTexts, textsAgainst } from "./texts";

const MB = 1_000_000;
/** Lengths at which a text is timed; the last doubling counts. */
const LENGTHS = [MB / 4, MB / 2, MB, 2 * MB] as const;
/** Characters of the texts among which the worst are looked for, and of those few that are looked at again. */
const SEARCHED = 10_000;
const SEARCHED_AGAIN = 100_000;
/** Texts that are looked at again, and of these that are measured. */
const AGAIN = 10;
const MEASURED = 2;
/** Texts that are tried first, and how long the search for the worst may take then, in ms: of a slow reader's fewer are tried. */
const FIRST = 50;
const SEARCH_MS = 6_000;
/** Made against each pattern that a reader uses. */
const AGAINST_EACH = 6;
const ROUNDS = 3;
/** Rounds for a text that seems to be beyond the aim: other programs of the machine must not decide. */
const SECOND_LOOK_ROUNDS = 11;
/** What is shorter is done several times: a clock and a collector of garbage say nothing about less. In ms. */
const TELLING_MS = 20;

interface Measured {
  text: string;
  /** ms for each of LENGTHS, medians. */
  ms: number[];
  /** Time for the last length over the time for half of it. */
  ratio: number;
}

/** Every reader of text from outside, on the texts that cost it the most: time for 1 MB, and how it grows. */
export async function hostile(readers: readonly Reader[] = READERS): Promise<Line[]> {
  const lines: Line[] = [];
  const literal = literalPatterns();
  const general = hostileTexts();
  for (const reader of readers) {
    const own = literal.filter(({ where }) => (reader.files ?? []).some((file) => where.startsWith(`${file}:`)));
    const patterns = [...own.map(({ pattern }) => pattern), ...(reader.patterns ?? [])];
    const worst = await worstOf(reader, [...general, ...textsAgainst(patterns, AGAINST_EACH)]);
    const measured: Measured[] = [];
    for (const text of worst) measured.push(await measure(reader, text));
    lines.push(lineOf(reader, measured));
  }
  return lines;
}

function lineOf({ what, cap }: Reader, all: readonly Measured[]): Line {
  const slowest = all.reduce((a, b) => (b.ms[2]! > a.ms[2]! ? b : a));
  const steepest = all.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const pieces =
    cap === undefined ? "" : `, in pieces of ${cap.toLocaleString("en-US")} characters, beyond which it does not read`;
  return {
    what: `${what}${pieces}`,
    target: `<= ${MAX_RATIO} x the time for 2 MB`,
    measured: `${steepest.ratio.toFixed(2)} x; 1 MB in ${duration(slowest.ms[2]!)} (${slowest.ms.map((ms) => duration(ms)).join(", ")} for 1/4 to 2 MB); worst: ${slowest.text}`,
    met: steepest.ratio <= MAX_RATIO,
  };
}

const duration = (ms: number): string =>
  ms < 1
    ? `${(ms * 1_000).toFixed(0)} µs`
    : ms < 1_000
      ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
      : `${(ms / 1_000).toFixed(1)} s`;

/** The texts that cost a reader the most, by their time at a small length and then at a greater one. */
async function worstOf(reader: Reader, texts: readonly HostileText[]): Promise<HostileText[]> {
  // The first texts pay for the compiler, and tell how many can be tried.
  const began = process.cpuUsage();
  await slowestOf(reader, spread(texts, FIRST), SEARCHED, FIRST);
  const each = spent(began) / FIRST;
  const some = await slowestOf(reader, spread(texts, SEARCH_MS / each), SEARCHED, AGAIN);
  return slowestOf(reader, some, SEARCHED_AGAIN, MEASURED);
}

/** So many of a list, from all over it. */
function spread<T>(list: readonly T[], most: number): T[] {
  const count = Math.min(list.length, Math.max(1, Math.floor(most)));
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!);
}

async function slowestOf(
  reader: Reader,
  among: readonly HostileText[],
  length: number,
  keep: number,
): Promise<HostileText[]> {
  const timed: { text: HostileText; ms: number }[] = [];
  for (const text of among) timed.push({ text, ms: await once(reader, piecesOf(reader, text, length)) });
  return timed
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, keep)
    .map(({ text }) => text);
}

/** A text of that length, or as many of the length that the reader reads: further characters would cost nothing. */
function piecesOf({ cap = Infinity }: Reader, { make }: HostileText, length: number): string[] {
  const piece = make(Math.min(cap, length));
  return Array.from({ length: Math.max(1, Math.round(length / piece.length)) }, () => piece);
}

/** Processor time, in ms: what other programs of the machine take does not count. */
async function once({ read }: Reader, pieces: readonly string[]): Promise<number> {
  const began = process.cpuUsage();
  for (const piece of pieces)
    try {
      await read(piece);
    } catch {
      // A refusal is an answer, and costs what it costs.
    }
  return spent(began);
}

const spent = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
};

async function measure(reader: Reader, text: HostileText): Promise<Measured> {
  const first = await rounds(reader, text, ROUNDS);
  return first.ratio <= MAX_RATIO ? first : rounds(reader, text, SECOND_LOOK_ROUNDS);
}

/** All lengths in turn, several times: what disturbs one disturbs its neighbours too. */
async function rounds(reader: Reader, text: HostileText, count: number): Promise<Measured> {
  const sizes = LENGTHS.map((length) => piecesOf(reader, text, length));
  const times: number[][] = [];
  const warm = await once(reader, sizes[0]!);
  const often = Math.max(1, Math.ceil(TELLING_MS / Math.max(warm, TELLING_MS / 200)));
  for (let i = 0; i < count; i++) {
    const round: number[] = [];
    for (const pieces of sizes) {
      let ms = 0;
      for (let n = 0; n < often; n++) ms += await once(reader, pieces);
      round.push(ms / often);
    }
    times.push(round);
  }
  const ms = LENGTHS.map((_, i) => median(times.map((round) => round[i]!)));
  return { text: text.name, ms, ratio: ms[3]! / ms[2]! };
}
