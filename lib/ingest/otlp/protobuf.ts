import protobuf from "protobufjs/minimal.js";
import { contentBag } from "./content";
import { seriesOf } from "./series";
import {
  ATTRIBUTE_CHARS,
  BODY_CHARS,
  type Item,
  type LogRecord,
  type Point,
  type Records,
  type Signal,
  type Source,
  type Span,
} from "./shape";
import {
  anyValue,
  attribute,
  bag,
  BYTES,
  eachField,
  eachOf,
  expectWire,
  FIXED64,
  hex,
  type Reader,
  signed64,
  sub,
  time,
  valueText,
  VARINT,
} from "./wire";
import { WrongSignal } from "./wrong-signal";

/**
 * OTLP 1.x protobuf (opentelemetry-proto), read field by field: what nobody asks for is skipped by its length and never built,
 * so that neither content, nor a million attributes, nor nesting costs more than its bytes. A field that has another wire type
 * than its message says belongs to another signal. Throws `WrongSignal`, and RangeError for what is no protobuf.
 */
const HEX = { trace: 16, span: 8 } as const;

/** How the fields that are looked at go over the wire: another way says that the body belongs to another signal. */
const WIRES: Record<"traces" | "logs", Readonly<Record<number, number>>> = {
  traces: { 1: BYTES, 2: BYTES, 4: BYTES, 5: BYTES, 6: VARINT, 7: FIXED64, 8: FIXED64, 9: BYTES, 11: BYTES, 15: BYTES },
  logs: { 1: FIXED64, 2: VARINT, 3: BYTES, 5: BYTES, 6: BYTES, 9: BYTES, 11: FIXED64, 12: BYTES },
};

/** The fields of a record; `read` returns false for what it leaves to be skipped. */
function eachKnownField(signal: "traces" | "logs", r: Reader, end: number, read: (field: number) => boolean): void {
  eachField(r, end, (field, wire) => {
    const wanted = WIRES[signal][field];
    if (wanted === undefined) return false;
    expectWire(wire, wanted, signal);
    return read(field);
  });
}

function span(r: Reader, end: number, wantsContent: boolean): Span {
  const content = wantsContent ? contentBag() : undefined;
  const attributes = bag();
  const events = bag();
  const s = { trace: "", id: "", parent: "", name: "", kind: 0, start: 0, end: 0, failed: false };
  eachKnownField("traces", r, end, (field) => {
    if (field === 1) s.trace = hex(r);
    else if (field === 2) s.id = hex(r);
    else if (field === 4) s.parent = hex(r);
    else if (field === 5) s.name = r.string().slice(0, ATTRIBUTE_CHARS);
    else if (field === 6) s.kind = r.uint32();
    else if (field === 7) s.start = time(r);
    else if (field === 8) s.end = time(r);
    else if (field === 9) attribute(r, attributes, content);
    else if (field === 11) eachOf(r, 3, BYTES, () => attribute(r, events, content));
    else eachOf(r, 3, VARINT, () => void (s.failed = r.uint32() === 2));
    return true;
  });
  if (s.trace.length !== 2 * HEX.trace || s.id.length !== 2 * HEX.span) throw new WrongSignal("traces");
  return { ...s, attributes, events, ...(content && { content }) };
}

function logRecord(r: Reader, end: number, wantsContent: boolean): LogRecord {
  const content = wantsContent ? contentBag() : undefined;
  let bodyText = "";
  const attributes = bag();
  const l = { at: 0, observedAt: 0, name: "", body: null as string | null, severity: null as string | null, trace: "" };
  eachKnownField("logs", r, end, (field) => {
    if (field === 1) l.at = time(r);
    else if (field === 3) l.severity = r.string().slice(0, 40);
    else if (field === 5) {
      const from = r.pos;
      const body = anyValue(r, sub(r), BODY_CHARS);
      if (wantsContent) {
        r.pos = from;
        bodyText = valueText(r, sub(r));
      }
      l.body = typeof body === "string" ? body : null;
    } else if (field === 6) attribute(r, attributes, content);
    else if (field === 9) l.trace = hex(r);
    else if (field === 11) l.observedAt = time(r);
    else if (field === 12) l.name = r.string().slice(0, ATTRIBUTE_CHARS);
    // The severity's number says what its text says.
    else return false;
    return true;
  });
  return { ...l, attributes, ...(content && { content, bodyText }) };
}

/** The points of a metric that somebody asks for; of others only that they are metrics. */
function* points(r: Reader, end: number, wanted: (metric: string) => boolean): Generator<Point | null> {
  let metric = "";
  const found: { from: number; to: number; histogram: boolean }[] = [];
  let temporality = 0;
  eachField(r, end, (field, wire) => {
    if (field === 1) {
      expectWire(wire, BYTES, "metrics");
      metric = r.string().slice(0, ATTRIBUTE_CHARS);
      return true;
    }
    // Gauge, sum, histogram, exponential histogram, summary.
    if (field !== 5 && field !== 7 && field !== 9 && field !== 10 && field !== 11) return false;
    expectWire(wire, BYTES, "metrics");
    eachField(r, sub(r), (one, type) => {
      if (one === 1 && type === BYTES) {
        const to = sub(r);
        found.push({ from: r.pos, to, histogram: field === 9 || field === 10 });
        r.pos = to;
      } else if (one === 2 && type === VARINT) temporality = r.uint32();
      else return false;
      return true;
    });
    return true;
  });
  if (metric === "") throw new WrongSignal("metrics");
  for (const { from, to, histogram } of found) {
    if (!wanted(metric)) {
      yield null;
      continue;
    }
    r.pos = from;
    yield point(r, to, metric, temporality, histogram);
  }
  r.pos = end;
}

function point(r: Reader, end: number, metric: string, temporality: number, histogram: boolean): Point {
  const attributes = bag();
  const all: string[] = [];
  const p = { start: 0, at: 0, value: 0, count: 0 };
  const attributesAt = histogram ? 9 : 7;
  eachField(r, end, (field, wire) => {
    if (field === 2 && wire === FIXED64) p.start = time(r);
    else if (field === 3 && wire === FIXED64) p.at = time(r);
    else if (field === 4 && wire === FIXED64) p[histogram ? "count" : "value"] = histogram ? signed64(r) : r.double();
    else if (histogram && field === 5 && wire === FIXED64) p.value = r.double();
    else if (!histogram && field === 6 && wire === FIXED64) p.value = signed64(r);
    else if (field === attributesAt && wire === BYTES) {
      const from = r.pos;
      attribute(r, attributes);
      all.push(Buffer.from(r.buf.subarray(from, r.pos)).toString("latin1"));
    } else return false;
    return true;
  });
  return { metric, temporality, ...p, attributes, series: seriesOf(metric, all) };
}

const ITEMS = { traces: span, logs: logRecord } as const;

/**
 * The records of an export request, one after another. Points of metrics that `wanted` does not ask for come as null: they are
 * counted, not read. Content is read only if `wantsContent`.
 */
export function* readProtobuf<S extends Signal>(
  signal: S,
  bytes: Uint8Array,
  wanted: (metric: string) => boolean,
  wantsContent = false,
): Generator<Item<Records[S] | null>> {
  const r = protobuf.Reader.create(bytes);
  for (const resourceEnd of messages(r, bytes.length, 1, signal)) {
    const from = r.pos;
    const resource = bag();
    eachField(r, resourceEnd, (field, wire) => {
      if (field !== 1) return false;
      expectWire(wire, BYTES, signal);
      eachOf(r, 1, BYTES, () => attribute(r, resource));
      return true;
    });
    r.pos = from;
    for (const scopeEnd of messages(r, resourceEnd, 2, signal)) {
      const source: Source = { resource, scope: scopeName(r, scopeEnd) };
      for (const end of messages(r, scopeEnd, 2, signal)) {
        if (signal === "metrics") {
          for (const one of points(r, end, wanted)) {
            const at = r.pos;
            yield { source, record: one as Records[S] | null };
            r.pos = at;
          }
        } else {
          const record = ITEMS[signal as "traces" | "logs"](r, end, wantsContent) as Records[S];
          yield { source, record };
        }
        r.pos = end;
      }
      r.pos = scopeEnd;
    }
    r.pos = resourceEnd;
  }
}

/** Where each sub-message of one field ends, with the reader at its beginning; whoever asks leaves it at its end. */
function* messages(r: Reader, end: number, wanted: number, signal: Signal): Generator<number> {
  while (r.pos < end) {
    const tag = r.uint32();
    if (tag >>> 3 !== wanted) {
      r.skipType(tag & 7);
      continue;
    }
    expectWire(tag & 7, BYTES, signal);
    const last = sub(r);
    if (last > end) throw new RangeError("a message is longer than its declared length");
    yield last;
    r.pos = last;
  }
}

function scopeName(r: Reader, end: number): string {
  const from = r.pos;
  let name = "";
  eachField(r, end, (field, wire) => {
    if (field !== 1 || wire !== BYTES) return false;
    eachOf(r, 1, BYTES, () => void (name = r.string().slice(0, ATTRIBUTE_CHARS)));
    return true;
  });
  r.pos = from;
  return name;
}

/** An export answer: how many records were refused, and why. Nothing refused and nothing to say is the empty message. */
export function writeAnswer(rejected: number, message: string): Uint8Array<ArrayBuffer> {
  const w = protobuf.Writer.create();
  if (rejected > 0 || message !== "") {
    w.uint32(10).fork();
    if (rejected > 0) w.uint32(8).int64(rejected);
    if (message !== "") w.uint32(18).string(message);
    w.ldelim();
  }
  return Uint8Array.from(w.finish());
}
