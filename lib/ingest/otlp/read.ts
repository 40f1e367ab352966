import type { IdentityTemplate } from "@/lib/core/agents/identity-template";
import { METRICS } from "./aliases";
import { readLogs } from "./read-logs";
import { readPoints } from "./read-points";
import { readSpans } from "./read-spans";
import { readJson } from "./json";
import { readProtobuf } from "./protobuf";
import { short } from "./series";
import type { Item, LogRecord, Point, Records, Signal, Span } from "./shape";
import type { Reading } from "./told";
import { Tally } from "./tally";

/** Records that one request may hold: a collector's batch is 8,192. More are counted and told to their sender. */
export const MAX_RECORDS = 20_000;

/** Whether a metric is read at all; the others are counted by their scope. */
const isUsage = (metric: string): boolean => Object.hasOwn(METRICS, metric);

/** What a key says of how its requests are read. */
export interface Asked {
  /** What makes the ids of agents; null: as without one. */
  identity: IdentityTemplate | null;
  /** Whether prompts, arguments and outputs are read at all. */
  content: boolean;
}

/** Records between two breaks: a millisecond or two. */
const SLICE = 200;

/**
 * What an export request says: of agents' work, of services, and how much of nothing known. Pure. `json`: the parsed body,
 * where it was JSON. Throws `WrongSignal`, and RangeError for bytes that are no protobuf.
 */
export function read(
  signal: Signal,
  body: Uint8Array | { json: unknown },
  { identity = null, content = false }: Partial<Asked> = {},
): Reading {
  const slices = readInSlices(signal, body, { identity, content });
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

/** The same with breaks, in which whoever asks may let others have their turn. */
export function* readInSlices(
  signal: Signal,
  body: Uint8Array | { json: unknown },
  { identity, content }: Asked,
): Generator<void, Reading> {
  const items =
    body instanceof Uint8Array
      ? readProtobuf(signal, body, isUsage, content)
      : readJson(signal, body.json, isUsage, content);
  const reading: Reading = {
    identity,
    told: [],
    lines: [],
    edges: [],
    counted: [],
    records: 0,
    beyond: 0,
  };
  const tally = new Tally(signal);
  const taken: Item<Records[Signal]>[] = [];
  for (const { source, record } of items) {
    reading.records++;
    if (reading.records > MAX_RECORDS) reading.beyond++;
    else if (record === null) tally.add(source, "", "dropped");
    else taken.push({ source, record });
    if (reading.records % SLICE === 0) yield;
  }
  const records =
    signal === "logs"
      ? readLogs(taken as Item<LogRecord>[], reading, tally)
      : signal === "traces"
        ? readSpans(taken as Item<Span>[], reading, tally)
        : readPoints(taken as Item<Point>[], reading, tally);
  let done = 0;
  for (const _ of records) if (++done % SLICE === 0) yield;
  reading.counted = tally.rows();
  numberRepeated(reading);
  return reading;
}

/** Two records of one request that say exactly the same are two: each sending of the request numbers them alike. */
function numberRepeated({ told }: Reading): void {
  const seen = new Map<string, number>();
  for (const one of told) {
    if (one.signal !== "logs") continue;
    const before = seen.get(one.id) ?? 0;
    seen.set(one.id, before + 1);
    if (before > 0) one.id = short(`${one.id}.${before}`);
  }
}
