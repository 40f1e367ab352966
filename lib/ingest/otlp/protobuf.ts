import protobuf from "protobufjs/minimal.js";
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
  expectWire,
  FIXED64,
  hex,
  type Reader,
  signed64,
  sub,
  time,
  VARINT,
} from "./wire";
import { WrongSignal } from "./wrong-signal";

/**
 * OTLP 1.x protobuf (opentelemetry-proto), read field by field: what nobody asks for is skipped by its length and never built,
 * so that neither content, nor a million attributes, nor nesting costs more than its bytes. A field that has another wire type
 * than its message says belongs to another signal. Throws `WrongSignal`, and RangeError for what is no protobuf.
 */
const HEX = { trace: 16, span: 8 } as const;

function span(r: Reader, end: number): Span {
  const attributes = bag();
  const events = bag();
  const s = { trace: "", id: "", parent: "", name: "", kind: 0, start: 0, end: 0, failed: false };
  eachField(r, end, (field, wire) => {
    switch (field) {
      case 1:
        expectWire(wire, BYTES, "traces");
        s.trace = hex(r);
        return true;
      case 2:
        expectWire(wire, BYTES, "traces");
        s.id = hex(r);
        return true;
      case 4:
        expectWire(wire, BYTES, "traces");
        s.parent = hex(r);
        return true;
      case 5:
        expectWire(wire, BYTES, "traces");
        s.name = r.string().slice(0, ATTRIBUTE_CHARS);
        return true;
      case 6:
        expectWire(wire, VARINT, "traces");
        s.kind = r.uint32();
        return true;
      case 7:
        expectWire(wire, FIXED64, "traces");
        s.start = time(r);
        return true;
      case 8:
        expectWire(wire, FIXED64, "traces");
        s.end = time(r);
        return true;
      case 9:
        expectWire(wire, BYTES, "traces");
        attribute(r, attributes);
        return true;
      case 11:
        expectWire(wire, BYTES, "traces");
        eachField(r, sub(r), (one, type) => {
          if (one !== 3 || type !== BYTES) return false;
          attribute(r, events);
          return true;
        });
        return true;
      case 15:
        expectWire(wire, BYTES, "traces");
        eachField(r, sub(r), (one, type) => {
          if (one !== 3 || type !== VARINT) return false;
          s.failed = r.uint32() === 2;
          return true;
        });
        return true;
      default:
        return false;
    }
  });
  if (s.trace.length !== 2 * HEX.trace || s.id.length !== 2 * HEX.span) throw new WrongSignal("traces");
  return { ...s, attributes, events };
}

function logRecord(r: Reader, end: number): LogRecord {
  const attributes = bag();
  const l = { at: 0, observedAt: 0, name: "", body: null as string | null, severity: null as string | null, trace: "" };
  eachField(r, end, (field, wire) => {
    switch (field) {
      case 1:
        expectWire(wire, FIXED64, "logs");
        l.at = time(r);
        return true;
      case 2:
        expectWire(wire, VARINT, "logs");
        return false;
      case 3:
        expectWire(wire, BYTES, "logs");
        l.severity = r.string().slice(0, 40);
        return true;
      case 5: {
        expectWire(wire, BYTES, "logs");
        const body = anyValue(r, sub(r), BODY_CHARS);
        l.body = typeof body === "string" ? body : null;
        return true;
      }
      case 6:
        expectWire(wire, BYTES, "logs");
        attribute(r, attributes);
        return true;
      case 9:
        expectWire(wire, BYTES, "logs");
        l.trace = hex(r);
        return true;
      case 11:
        expectWire(wire, FIXED64, "logs");
        l.observedAt = time(r);
        return true;
      case 12:
        expectWire(wire, BYTES, "logs");
        l.name = r.string().slice(0, ATTRIBUTE_CHARS);
        return true;
      default:
        return false;
    }
  });
  return { ...l, attributes };
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
 * counted, not read.
 */
export function* readProtobuf<S extends Signal>(
  signal: S,
  bytes: Uint8Array,
  wanted: (metric: string) => boolean,
): Generator<Item<Records[S] | null>> {
  const r = protobuf.Reader.create(bytes);
  for (const resourceEnd of messages(r, bytes.length, 1, signal)) {
    const from = r.pos;
    const resource = bag();
    eachField(r, resourceEnd, (field, wire) => {
      if (field !== 1) return false;
      expectWire(wire, BYTES, signal);
      eachField(r, sub(r), (one, type) => {
        if (one !== 1 || type !== BYTES) return false;
        attribute(r, resource);
        return true;
      });
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
          const record = ITEMS[signal as "traces" | "logs"](r, end) as Records[S];
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
    if (last > end) throw new RangeError("a message is longer than it says");
    yield last;
    r.pos = last;
  }
}

function scopeName(r: Reader, end: number): string {
  const from = r.pos;
  let name = "";
  eachField(r, end, (field, wire) => {
    if (field !== 1 || wire !== BYTES) return false;
    eachField(r, sub(r), (one, type) => {
      if (one !== 1 || type !== BYTES) return false;
      name = r.string().slice(0, ATTRIBUTE_CHARS);
      return true;
    });
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
