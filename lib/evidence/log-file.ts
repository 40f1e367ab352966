import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { lineTime } from "./log-time";

/** Bytes read at once while scanning, and at most at one probe of the search. */
const CHUNK_BYTES = 256 * 1024;
const PROBE_BYTES = 64 * 1024;
/** A longer line is cut here; what follows up to its end is passed over. */
const LINE_BYTES = 64 * 1024;
/** Writers on several threads put lines down a little out of order, in seconds. */
const DISORDER_S = 5;
/** Lines that are read between two turns of the event loop. */
const LINES_A_TURN = 2_000;
const NEWLINE = 0x0a;

export interface FileWindow {
  /** Epoch seconds, both included. */
  from: number;
  to: number;
  limit: number;
  /** Bytes that may be read after the window's beginning was found. */
  maxBytes: number;
  /** Which lines count; a line without a time of its own follows the one before it. */
  wanted: (line: string) => boolean;
  utcOffsetMinutes?: number;
  signal: AbortSignal;
}

export interface FileLines {
  lines: { t: number; line: string }[];
  truncated: boolean;
  /** Lines were read, and none of them showed a time. */
  timeless: boolean;
}

/**
 * Lines of one file within a window of time. The beginning of the window is found by bisection over the bytes, so that a large
 * file costs little; from there the file is read forwards until the window, the limit or the bytes are over. Expects lines
 * roughly in the order of time. Throws for what cannot be opened or is no regular file; a symbolic link is not followed.
 */
export async function readFileWindow(path: string, window: FileWindow): Promise<FileLines> {
  // Non-blocking, since opening a pipe would otherwise wait for its writer.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error("not a regular file");
    const hint = { newest: stats.mtimeMs / 1_000, utcOffsetMinutes: window.utcOffsetMinutes };
    const timeOf = (line: string) => lineTime(line, hint);
    const start = await findStart(handle, stats.size, window.from - DISORDER_S, timeOf, window.signal);
    return await collect(handle, start, timeOf, window);
  } finally {
    await handle.close();
  }
}

/** An offset at the beginning of a line from which on everything of the window stands. */
async function findStart(
  handle: FileHandle,
  size: number,
  from: number,
  timeOf: (line: string) => number | null,
  signal: AbortSignal,
): Promise<number> {
  let low = 0;
  let high = size;
  while (high - low > PROBE_BYTES) {
    signal.throwIfAborted();
    const middle = Math.floor((low + high) / 2);
    const line = await firstTimedLine(handle, middle, timeOf);
    // Without a time near by, the earlier half is taken: that reads more and misses nothing.
    if (line !== null && line.t < from) low = line.offset;
    else high = middle;
  }
  return low;
}

async function firstTimedLine(
  handle: FileHandle,
  offset: number,
  timeOf: (line: string) => number | null,
): Promise<{ offset: number; t: number } | null> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(PROBE_BYTES), 0, PROBE_BYTES, offset);
  const block = buffer.subarray(0, bytesRead);
  let start = block.indexOf(NEWLINE) + 1;
  while (start > 0) {
    const end = block.indexOf(NEWLINE, start);
    if (end < 0) return null;
    const t = timeOf(block.toString("utf8", start, end));
    if (t !== null) return { offset: offset + start, t };
    start = end + 1;
  }
  return null;
}

async function collect(
  handle: FileHandle,
  start: number,
  timeOf: (line: string) => number | null,
  { from, to, limit, maxBytes, wanted, signal }: FileWindow,
): Promise<FileLines> {
  const lines: { t: number; line: string }[] = [];
  let read = 0;
  let timed = 0;
  let last: { t: number; wanted: boolean } | null = null;
  for await (const { line, end } of linesFrom(handle, start)) {
    signal.throwIfAborted();
    if (end - start > maxBytes) return { lines, truncated: true, timeless: timed === 0 };
    if (++read % LINES_A_TURN === 0) await new Promise((done) => setImmediate(done));
    const t = timeOf(line);
    if (t !== null) {
      timed += 1;
      if (t > to + DISORDER_S) break;
      last = { t, wanted: t >= from && t <= to && wanted(line) };
    }
    if (!last?.wanted || line.trim() === "") continue;
    if (lines.length === limit) return { lines, truncated: true, timeless: false };
    lines.push({ t: last.t, line });
  }
  return { lines, truncated: false, timeless: read > 0 && timed === 0 };
}

/** The lines from an offset on, and where each ends; long ones cut. */
async function* linesFrom(handle: FileHandle, offset: number): AsyncGenerator<{ line: string; end: number }> {
  let begun = Buffer.alloc(0);
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, offset);
    if (bytesRead === 0) break;
    const block = buffer.subarray(0, bytesRead);
    let start = 0;
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
      yield { line: text(Buffer.concat([begun, block.subarray(start, end)])), end: offset + end };
      begun = Buffer.alloc(0);
      start = end + 1;
    }
    if (begun.length < LINE_BYTES) begun = Buffer.concat([begun, block.subarray(start)]);
    offset += bytesRead;
    // A line without an end is still bytes read.
    if (start === 0) yield { line: "", end: offset };
  }
  if (begun.length > 0) yield { line: text(begun), end: offset };
}

const text = (bytes: Buffer): string =>
  bytes.toString("utf8", 0, Math.min(bytes.length, LINE_BYTES)).replace(/\r$/, "");
