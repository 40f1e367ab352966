import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Clock, type ClockHint, DISORDER_S, learnClock } from "./log-clock";
import type { Zone } from "@/lib/core/base/time-zone";
import { LINE_BYTES, NEWLINE, type Source, sourceOf, text } from "./log-source";

/** Bytes looked at in one probe of the search, and in each part of the sample. */
const PROBE_BYTES = 64 * 1024;
/** Timed lines of a probe, whose middle one stands for it: one line that tells another time misleads nobody. */
const PROBE_LINES = 9;
/** So many timed lines in a row beyond the window end the reading: one may be wrong about the time. */
const LATER_LINES = 50;
/** Lines that are read between two turns of the event loop. */
const LINES_A_TURN = 2_000;
/** Unpacked bytes of one packed file: some seconds of work, and what a bomb may cost. */
const MAX_UNPACKED_BYTES = 512 * 1024 * 1024;
/** A file whose times end so long before it was written, in seconds, tells them in another zone. */
const ZONE_SLACK_S = 15 * 60;
const DAY_S = 86_400;
/** A time of day that is earlier than the one before by more than this, in seconds, is the next day's. */
const NEXT_DAY_S = 300;

export interface FileWindow {
  /** Epoch seconds, both included. */
  from: number;
  to: number;
  limit: number;
  /** Bytes that may be read after the window's beginning was found. */
  maxBytes: number;
  /** Which lines count; a line without a time of its own follows the one before it. */
  wanted: (line: string) => boolean;
  /** Where times that name no zone are read. */
  zone: Zone;
  signal: AbortSignal;
}

export interface FileLines {
  lines: { t: number; line: string }[];
  truncated: boolean;
  /** Why lines of the window may be missing; null when none is. */
  problem: string | null;
}

/**
 * Lines of one file within a window of time. How its lines show their times is learned from its beginning, middle and end; the
 * beginning of the window is found by bisection over the bytes, so that a large file costs little; from there it is read
 * forwards until the window, the limit or the bytes are over. A file that is packed (gzip) or in UTF-16 is read from its beginning.
 * Throws for what cannot be opened, is no regular file or is packed otherwise; a symbolic link is not followed.
 */
export async function readFileWindow(path: string, window: FileWindow): Promise<FileLines> {
  // Non-blocking, since opening a pipe would otherwise wait for its writer.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error("not a regular file");
    const source = await sourceOf(handle, stats.size);
    const hint = { newest: stats.mtimeMs / 1_000, zone: window.zone };
    const sample = await sampleOf(source);
    if (sample.every((line) => line.trim() === "")) return { lines: [], truncated: false, problem: null };
    const clock = learnClock(sample, hint);
    if (clock === null) return { lines: [], truncated: false, problem: "no line has a readable timestamp" };
    if (clock.daily) return await readDaily(source, clock, hint, window);
    const searched = source.handle !== null && clock.ordered;
    const start = searched ? await findStart(source, window.from - DISORDER_S, clock, window.signal) : 0;
    const read = await collect(source, start, clock.timeOf, window, clock.ordered);
    return { ...read, problem: read.problem ?? zoneProblem(clock, read, sample, hint) };
  } finally {
    await handle.close();
  }
}

/** Lines from a file's beginning, middle and end, in their order; of one that can only be read from its beginning, from there. */
async function sampleOf({ size, handle, linesFrom }: Source): Promise<string[]> {
  const sample: string[] = [];
  const offsets = [0];
  if (handle !== null && size > 4 * PROBE_BYTES) offsets.push(Math.floor(size / 2));
  if (handle !== null && size > PROBE_BYTES) offsets.push(Math.max(PROBE_BYTES, size - PROBE_BYTES));
  try {
    for (const offset of offsets) {
      // The first line of a piece from further on is the rest of one.
      let whole = offset === 0;
      for await (const { line, end } of linesFrom(offset)) {
        if (whole) sample.push(line);
        whole = true;
        if (end - offset > PROBE_BYTES) break;
      }
    }
  } catch (error) {
    // What could be unpacked is read; that it ends too early is said then.
    if (sample.every((line) => line.trim() === "")) throw error;
  }
  return sample;
}

/** An offset at the beginning of a line from which on everything of the window stands. */
async function findStart({ size, handle }: Source, from: number, clock: Clock, signal: AbortSignal): Promise<number> {
  let low = 0;
  let high = size;
  while (high - low > PROBE_BYTES) {
    signal.throwIfAborted();
    const middle = Math.floor((low + high) / 2);
    const probe = await probeAt(handle!, middle, clock);
    // Without a time near by, the earlier half is taken: that reads more and misses nothing.
    if (probe !== null && probe.t < from) low = probe.offset;
    else high = middle;
  }
  return low;
}

/** Where the first timed line after an offset begins, and the middle one of the times from there on. */
async function probeAt(
  handle: FileHandle,
  offset: number,
  clock: Clock,
): Promise<{ offset: number; t: number } | null> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(PROBE_BYTES), 0, PROBE_BYTES, offset);
  const block = buffer.subarray(0, bytesRead);
  const times: number[] = [];
  let first = 0;
  let start = block.indexOf(NEWLINE) + 1;
  while (start > 0 && times.length < PROBE_LINES) {
    const end = block.indexOf(NEWLINE, start);
    if (end < 0) break;
    const t = clock.timeOf(text(block.subarray(start, end)));
    if (t !== null && times.push(t) === 1) first = offset + start;
    start = end + 1;
  }
  times.sort((a, b) => a - b);
  return times.length === 0 ? null : { offset: first, t: times[Math.floor(times.length / 2)]! };
}

/** And the oldest and the newest time that was read, within the window or not. */
type Collected = FileLines & { oldest: number; newest: number };

async function collect(
  source: Source,
  start: number,
  timeOf: (line: string) => number | null,
  { from, to, limit, maxBytes, wanted, signal }: FileWindow,
  ordered: boolean,
): Promise<Collected> {
  const lines: { t: number; line: string }[] = [];
  const most = source.handle === null ? MAX_UNPACKED_BYTES : maxBytes;
  let read = 0;
  let oldest = Infinity;
  let newest = -Infinity;
  let later = 0;
  let last: { t: number; wanted: boolean } | null = null;
  const done = (truncated: boolean, problem: string | null = null): Collected => {
    return { lines: whole(lines), truncated, problem, oldest, newest };
  };
  try {
    for await (const { line, end } of source.linesFrom(start)) {
      signal.throwIfAborted();
      if (end - start > most)
        return done(
          true,
          ordered && source.handle ? null : `only its first ${Math.round(most / 1024 ** 2)} MB were read`,
        );
      if (++read % LINES_A_TURN === 0) await new Promise((next) => setImmediate(next));
      const t = timeOf(line);
      if (t !== null) {
        oldest = Math.min(oldest, t);
        newest = Math.max(newest, t);
        later = t > to + DISORDER_S ? later + 1 : 0;
        if (ordered && later >= LATER_LINES) break;
        last = { t, wanted: t >= from && t <= to && wanted(line) };
      }
      if (!last?.wanted || line.trim() === "") continue;
      if (lines.length === limit) return done(true);
      lines.push({ t: last.t, line });
    }
  } catch (error) {
    signal.throwIfAborted();
    if (source.handle !== null) throw error;
    return done(true, `it could be decompressed only in part: ${(error as Error).message}`);
  }
  return done(false);
}

/**
 * Lines that tell the time of day and no day: days are counted from where the time goes back, and the last one is the latest on
 * which the file can have been written. A day without any line is not seen.
 */
async function readDaily(source: Source, clock: Clock, hint: ClockHint, window: FileWindow): Promise<FileLines> {
  const start = source.handle === null ? 0 : Math.max(0, source.size - window.maxBytes);
  const counted = counter(clock);
  for await (const { line } of source.linesFrom(start)) {
    window.signal.throwIfAborted();
    counted.timeOf(line);
  }
  const { day, last } = counted.state;
  const local = hint.newest + hint.zone.offsetAt(hint.newest * 1_000) * 60;
  const today = Math.floor((local + NEXT_DAY_S - last) / DAY_S);
  const dated = counter(clock);
  const timeOf = (line: string): number | null => {
    const t = dated.timeOf(line);
    if (t === null) return null;
    const at = t + (today - day) * DAY_S;
    return at - hint.zone.offsetAt(at * 1_000) * 60;
  };
  const read = await collect(source, start, timeOf, window, true);
  const problem = read.problem ?? zoneProblem(clock, read, [], hint);
  return { ...read, truncated: read.truncated || (start > 0 && read.oldest > window.from), problem };
}

/** Seconds since the midnight of the first line's day. */
function counter(clock: Clock) {
  const state = { day: 0, last: 0 };
  return {
    state,
    timeOf(line: string): number | null {
      const t = clock.timeOf(line);
      if (t === null) return null;
      if (t < state.last - NEXT_DAY_S) state.day++;
      state.last = t;
      return state.day * DAY_S + t;
    },
  };
}

/** Whether times without a zone contradict when the file was written: then LOG_TIME_ZONE is not theirs. */
function zoneProblem(
  clock: Clock,
  read: { lines: readonly unknown[]; newest: number },
  sample: readonly string[],
  hint: ClockHint,
): string | null {
  if (!clock.zoneless) return null;
  const newest = sample.reduce((latest, line) => Math.max(latest, clock.timeOf(line) ?? -Infinity), read.newest);
  const behind = hint.newest - newest;
  // A copied file was written later than its lines; none is written before them.
  if (behind > -ZONE_SLACK_S && (behind < ZONE_SLACK_S || read.lines.length > 0 || behind > DAY_S)) return null;
  const minutes = Math.round(Math.abs(behind) / 60);
  const span = `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `its timestamps have no time zone and end ${span} ${behind > 0 ? "before" : "after"} it was last written: set LOG_TIME_ZONE to the zone they are in`;
}

/** A line of containerd and CRI-O: time, stream, and whether it goes on in the next one of that stream (`P`) or ends (`F`). */
const CRI = /^(\S{20,40} (stdout|stderr) )([PF])(?::\S{0,20})? /;

/** Lines that a container runtime wrote in several parts, as one. */
function whole(lines: { t: number; line: string }[]): { t: number; line: string }[] {
  const open = new Map<string, { t: number; line: string }>();
  return lines.filter((one) => {
    const match = CRI.exec(one.line);
    if (!match) return true;
    const [head, start, stream, tag] = match;
    const begun = open.get(stream!);
    if (begun && begun.line.length < LINE_BYTES) begun.line += one.line.slice(head.length);
    if (tag === "F") {
      open.delete(stream!);
      return begun === undefined;
    }
    if (begun) return false;
    one.line = `${start}F ${one.line.slice(head.length)}`;
    open.set(stream!, one);
    return true;
  });
}
