import { stripVTControlCharacters } from "node:util";
import type { LogLine } from "@/lib/core/evidence/bundle";
import { type Looked, type Unread, unreadOf } from "./looked";

export interface LogQuery {
  node: string;
  /** Epoch seconds, both included. */
  from: number;
  to: number;
  /** Most lines wanted. */
  limit: number;
  signal?: AbortSignal;
}

/** Where lines of logs come from. `read` gives the first lines of the window, in the order of time. */
export interface LogSource {
  source: string;
  read(query: LogQuery): Promise<Looked<LogLine[]>>;
}

export interface FetchedLogs {
  /** In the order of time. Untrusted text. */
  lines: LogLine[];
  /** Some source had more lines than were taken; then they are an even part of the window's slices. */
  truncated: boolean;
  looked: { source: string; lines: number; truncated: boolean }[];
  /** Sources, and parts of them, that could not be looked at. */
  couldNotLook: Unread[];
}

/** Characters of one line that are kept, and of one text in a JSON line that is longer: stacks are, and their ends say least. */
const LINE_CHARS = 4_000;
const FIELD_CHARS = 1_000;
/** What a container runtime or syslog puts before JSON is no longer. */
const PREFIX_CHARS = 200;
/** A window with more lines than were asked for is read in so many slices, so that its beginning does not crowd out the rest. */
const SLICES = 8;
/** Halvings of a slice until its last lines are found: of the longest window's (a day) they leave a few seconds. */
const HALVINGS = 12;

/**
 * Lines of one node from all sources, merged. A line that two sources hold (shipped to Loki and still in its file) is given
 * once. A source that could not look is named, and the others' lines stand.
 */
export async function fetchLogs(sources: readonly LogSource[], query: LogQuery): Promise<FetchedLogs> {
  const looks = await Promise.all(sources.map((source) => readEvenly(source, query)));
  const seen = new Set<string>();
  const lines: LogLine[] = [];
  const logs: FetchedLogs = { lines, truncated: false, looked: [], couldNotLook: unreadOf(looks) };
  for (const look of looks) {
    if (!look.ok) continue;
    const own: string[] = [];
    for (const { t, line } of look.value) {
      const kept = { t, node: query.node, line: clean(line) };
      const key = `${Math.floor(t * 1_000)} ${kept.line}`;
      own.push(key);
      if (!seen.has(key)) lines.push(kept);
    }
    // After the source's own lines: what one source says twice, it saw twice.
    for (const key of own) seen.add(key);
    logs.truncated ||= look.truncated;
    logs.looked.push({ source: look.source, lines: look.value.length, truncated: look.truncated });
  }
  lines.sort((a, b) => a.t - b.t);
  if (lines.length > query.limit) {
    // Of several sources together there may be too many: every k-th is an even part too.
    logs.truncated = true;
    logs.lines = Array.from({ length: query.limit }, (_, i) => lines[Math.floor((i * lines.length) / query.limit)]!);
  }
  return logs;
}

/** The whole window when it is small enough; else an equal share of each slice of it, and of its last lines. */
async function readEvenly(source: LogSource, query: LogQuery): Promise<Looked<LogLine[]>> {
  const whole = await source.read(query);
  if (!whole.ok || !whole.truncated || query.limit <= SLICES || query.to - query.from < SLICES) return whole;
  // Less than was asked for, because a part could not be read: slices would show no more of it.
  if (whole.missing && whole.value.length < query.limit) return whole;
  const width = (query.to - query.from) / SLICES;
  const share = Math.floor(query.limit / (SLICES + 1));
  const slices = await Promise.all(
    Array.from({ length: SLICES }, (_, i) =>
      source.read({
        ...query,
        from: query.from + i * width,
        // Up to the next slice, not into it; a ms is the finest that sources agree on.
        to: i === SLICES - 1 ? query.to : query.from + (i + 1) * width - 0.001,
        limit: share,
      }),
    ),
  );
  if (slices.some((slice) => !slice.ok)) return whole;
  const value = slices.flatMap((slice) => (slice.ok ? slice.value : []));
  const end = slices.findLastIndex((slice) => slice.ok && slice.value.length > 0);
  const last = slices[end];
  if (!last?.ok || !last.truncated) return { ...whole, value };
  const to = end === SLICES - 1 ? query.to : query.from + (end + 1) * width - 0.001;
  const unread = { ...query, from: last.value.at(-1)!.t + 0.001, to, limit: share };
  return { ...whole, value: [...value, ...(await lastLines(source, unread))] };
}

/**
 * The last lines of a window: what a process says before it ends is the least that may be missing. Sources give first lines, so
 * the window is halved from its beginning until what is left of it fits, and from its end while nothing was written there.
 */
async function lastLines(source: LogSource, query: LogQuery): Promise<LogLine[]> {
  let { from, to } = query;
  let start = from;
  let best: LogLine[] = [];
  for (let i = 0; i < HALVINGS && to - from >= 0.001; i++) {
    const look = await source.read({ ...query, from: start, to });
    if (!look.ok) break;
    if (look.value.length === 0) to = start - 0.001;
    else if (look.truncated) {
      best = look.value;
      from = look.value.at(-1)!.t + 0.001;
    } else return look.value;
    start = (from + to) / 2;
  }
  return best;
}

/** Colours, control characters and turns of writing direction carry no evidence, and act on the screen of whoever reads. */
function clean(line: string): string {
  return stripVTControlCharacters(shortened(line))
    .replace(/(?!\t)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, " ")
    .trimEnd();
}

/** A line with JSON in it keeps it whole, so that its message can still be told from the rest. */
function shortened(line: string): string {
  if (line.length <= LINE_CHARS) return line;
  const at = line.indexOf("{");
  const json = at < 0 || at > PREFIX_CHARS ? null : shortJson(line.slice(at));
  return json !== null && at + json.length <= LINE_CHARS ? line.slice(0, at) + json : cut(line, LINE_CHARS);
}

/** JSON with its long texts cut, and JSON within them (a container's `log`) treated likewise; null for what is no JSON. */
function shortJson(text: string): string | null {
  try {
    return JSON.stringify(
      JSON.parse(text, (_, value: unknown) => {
        if (typeof value !== "string" || value.length <= FIELD_CHARS) return value;
        return (value.startsWith("{") ? shortJson(value) : null) ?? cut(value, FIELD_CHARS);
      }),
    );
  } catch {
    return null;
  }
}

const cut = (text: string, chars: number): string => (text.length > chars ? `${text.slice(0, chars)}…` : text);
