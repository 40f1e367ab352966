import protobuf from "protobufjs/minimal.js";
import type { Signal } from "./shape";

/** For tests: OTLP/JSON bodies as protobuf, so that each case is tried in both encodings. Writes what the cases use. */
// oxlint-disable-next-line typescript/no-explicit-any -- bodies are written by hand in tests
type Json = Record<string, any>;
const { Writer } = protobuf;
type Writer = protobuf.Writer;
type Write = (w: Writer, of: Json) => void;

const tag = (field: number, wire: number) => (field << 3) | wire;
function message(w: Writer, field: number, write: Write, of: Json | undefined): void {
  if (of === undefined) return;
  w.uint32(tag(field, 2)).fork();
  write(w, of);
  w.ldelim();
}
const each = (w: Writer, field: number, write: Write, list: Json[] = []) => {
  for (const one of list) message(w, field, write, one);
};
const string = (w: Writer, field: number, value?: string) =>
  value !== undefined && w.uint32(tag(field, 2)).string(value);
const hex = (w: Writer, field: number, value?: string) =>
  value !== undefined && w.uint32(tag(field, 2)).bytes(Buffer.from(value, "hex"));
const time = (w: Writer, field: number, value?: string) => {
  if (value === undefined) return;
  const n = BigInt(value);
  w.uint32(tag(field, 1));
  w.fixed32(Number(n & 0xffffffffn)).fixed32(Number(n >> 32n));
};
const double = (w: Writer, field: number, value?: number) =>
  value !== undefined && w.uint32(tag(field, 1)).double(value);
const int = (w: Writer, field: number, value?: number) => value !== undefined && w.uint32(tag(field, 0)).int64(value);

const anyValue: Write = (w, v) => {
  string(w, 1, v.stringValue);
  if (v.boolValue !== undefined) w.uint32(tag(2, 0)).bool(v.boolValue);
  int(w, 3, v.intValue === undefined ? undefined : Number(v.intValue));
  double(w, 4, v.doubleValue);
  message(w, 5, (x, a) => each(x, 1, anyValue, a.values), v.arrayValue);
  message(w, 6, (x, a) => each(x, 1, keyValue, a.values), v.kvlistValue);
};
const keyValue: Write = (w, kv) => {
  string(w, 1, kv.key);
  message(w, 2, anyValue, kv.value);
};
const span: Write = (w, s) => {
  hex(w, 1, s.traceId);
  hex(w, 2, s.spanId);
  hex(w, 4, s.parentSpanId);
  string(w, 5, s.name);
  int(w, 6, s.kind);
  time(w, 7, s.startTimeUnixNano);
  time(w, 8, s.endTimeUnixNano);
  each(w, 9, keyValue, s.attributes);
  each(w, 11, (x, e) => each(x, 3, keyValue, e.attributes), s.events);
  message(w, 15, (x, e) => int(x, 3, e.code), s.status);
};
const log: Write = (w, l) => {
  time(w, 1, l.timeUnixNano);
  time(w, 11, l.observedTimeUnixNano);
  string(w, 3, l.severityText);
  message(w, 5, anyValue, l.body);
  each(w, 6, keyValue, l.attributes);
  hex(w, 9, l.traceId);
  string(w, 12, l.eventName);
};
const numberPoint: Write = (w, p) => {
  time(w, 2, p.startTimeUnixNano);
  time(w, 3, p.timeUnixNano);
  double(w, 4, p.asDouble);
  time(w, 6, p.asInt === undefined ? undefined : String(p.asInt));
  each(w, 7, keyValue, p.attributes);
};
const histogramPoint: Write = (w, p) => {
  time(w, 2, p.startTimeUnixNano);
  time(w, 3, p.timeUnixNano);
  time(w, 4, p.count === undefined ? undefined : String(p.count));
  double(w, 5, p.sum);
  each(w, 9, keyValue, p.attributes);
};
const metric: Write = (w, m) => {
  string(w, 1, m.name);
  message(w, 7, (x, s) => {
    each(x, 1, numberPoint, s.dataPoints);
    int(x, 2, s.aggregationTemporality);
  }, m.sum); // prettier-ignore
  message(w, 9, (x, s) => {
    each(x, 1, histogramPoint, s.dataPoints);
    int(x, 2, s.aggregationTemporality);
  }, m.histogram); // prettier-ignore
};
const PARTS: Record<Signal, [string, string, string, Write]> = {
  traces: ["resourceSpans", "scopeSpans", "spans", span],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics", metric],
  logs: ["resourceLogs", "scopeLogs", "logRecords", log],
};

export function encode(signal: Signal, body: Json): Uint8Array {
  const [resources, scopes, records, write] = PARTS[signal];
  const w = Writer.create();
  each(
    w,
    1,
    (x, part) => {
      message(x, 1, (y, r) => each(y, 1, keyValue, r.attributes), part.resource);
      each(
        x,
        2,
        (y, scope) => {
          message(y, 1, (z, s) => string(z, 1, s.name), scope.scope);
          each(y, 2, write, scope[records]);
        },
        part[scopes],
      );
    },
    body[resources],
  );
  return w.finish();
}
