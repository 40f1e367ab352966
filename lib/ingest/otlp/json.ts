import { HASHED, WANTED } from "./aliases";
import { addContent, Budget, contentBag, contentName, type ContentTexts } from "./content";
import { hashed, seriesOf } from "./series";
import {
  ATTRIBUTE_CHARS,
  BODY_CHARS,
  type Item,
  LIST_ITEMS,
  type LogRecord,
  type Point,
  type Records,
  type Scalar,
  type Signal,
  type Source,
  type Span,
} from "./shape";
import { WrongSignal } from "./wrong-signal";

/**
 * OTLP/JSON: ids are hexadecimal, 64-bit integers texts, enums numbers or their names; names are in lowerCamelCase, and what
 * was written with underscores is read too. Nothing is trusted to be of the type that it should be: what is not, is not there.
 */
type Dict = Readonly<Record<string, unknown>>;

const dict = (value: unknown): Dict | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Dict) : null;
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const get = (of: Dict, name: string): unknown => of[name] ?? of[snake(name)];
const list = (of: Dict, name: string): readonly unknown[] => {
  const value = get(of, name);
  return Array.isArray(value) ? value : [];
};
const text = (value: unknown, chars: number): string => (typeof value === "string" ? value.slice(0, chars) : "");
const number = (value: unknown): number => {
  const n = typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : 0;
  return Number.isFinite(n) ? n : 0;
};
/** Epoch ns as ms, to the microsecond. */
const time = (value: unknown): number => Math.round(number(value) / 1e3) / 1e3;
/** An enum as its number; `names` in their order. */
const word = (value: unknown, names: readonly string[]): number => {
  if (typeof value !== "string") return number(value);
  const at = names.findIndex((name) => value.endsWith(name));
  return at < 0 ? number(value) : at;
};
const KINDS = ["_UNSPECIFIED", "_INTERNAL", "_SERVER", "_CLIENT", "_PRODUCER", "_CONSUMER"];
const STATUSES = ["_UNSET", "_OK", "_ERROR"];
const TEMPORALITIES = ["_UNSPECIFIED", "_DELTA", "_CUMULATIVE"];

function anyValue(value: unknown, chars: number): Scalar | null {
  const v = dict(value);
  if (!v) return null;
  const string = get(v, "stringValue");
  if (typeof string === "string") return string.slice(0, chars);
  const bool = get(v, "boolValue");
  if (typeof bool === "boolean") return bool;
  for (const name of ["intValue", "doubleValue"] as const) {
    const n = get(v, name);
    if (typeof n === "number" || typeof n === "string") return number(n);
  }
  const array = dict(get(v, "arrayValue"));
  if (!array) return null;
  const texts = list(array, "values")
    .slice(0, LIST_ITEMS)
    .flatMap((one) => anyValueText(one));
  return texts.length > 0 ? texts.join(",") : null;
}

function anyValueText(value: unknown): string[] {
  const string = dict(value) && get(value as Dict, "stringValue");
  return typeof string === "string" ? [string.slice(0, ATTRIBUTE_CHARS / LIST_ITEMS)] : [];
}

/** A value as text, structured ones as JSON: what content is. */
function valueText(value: unknown): string {
  const plain = plainValue(value, 0, new Budget());
  return typeof plain === "string" ? plain : plain === null ? "" : JSON.stringify(plain);
}

function plainValue(value: unknown, depth: number, budget: Budget): unknown {
  const v = dict(value);
  if (!v || !budget.allows(depth)) return null;
  const string = get(v, "stringValue");
  if (typeof string === "string") return string;
  const array = dict(get(v, "arrayValue"));
  if (array) return list(array, "values").map((one) => plainValue(one, depth + 1, budget));
  const pairs = dict(get(v, "kvlistValue"));
  if (!pairs) return anyValue(v, ATTRIBUTE_CHARS);
  return Object.fromEntries(
    list(pairs, "values").flatMap((one) => {
      const key = dict(one)?.key;
      return typeof key === "string" ? [[key, plainValue((one as Dict).value, depth + 1, budget)]] : [];
    }),
  );
}

const bag = (): Record<string, Scalar> => Object.create(null) as Record<string, Scalar>;

function attributes(of: Dict, into: Record<string, Scalar> = bag(), content?: ContentTexts) {
  for (const one of list(of, "attributes")) {
    const key = dict(one)?.key;
    if (typeof key !== "string") continue;
    const said = (one as Dict).value;
    const name = content && !WANTED.has(key) ? contentName(key) : null;
    if (name !== null) addContent(content!, name, valueText(said));
    if (!WANTED.has(key)) continue;
    const value = HASHED.has(key) ? hashed(anyValue(said, Infinity)) : anyValue(said, ATTRIBUTE_CHARS);
    if (value !== null) into[key] = value;
  }
  return into;
}

const isId = (id: string, bytes: number): boolean => id.length === 2 * bytes && /^[0-9a-fA-F]+$/.test(id);
const id = (value: unknown): string => text(value, 32).toLowerCase();

function span(raw: Dict, wantsContent: boolean): Span {
  const content = wantsContent ? contentBag() : undefined;
  const trace = id(get(raw, "traceId"));
  const own = id(get(raw, "spanId"));
  if (!isId(trace, 16) || !isId(own, 8)) throw new WrongSignal("traces");
  const events = Object.create(null) as Record<string, Scalar>;
  for (const event of list(raw, "events")) if (dict(event)) attributes(event as Dict, events, content);
  return {
    trace,
    id: own,
    parent: id(get(raw, "parentSpanId")),
    name: text(raw.name, ATTRIBUTE_CHARS),
    kind: word(raw.kind, KINDS),
    start: time(get(raw, "startTimeUnixNano")),
    end: time(get(raw, "endTimeUnixNano")),
    failed: word(dict(raw.status)?.code, STATUSES) === 2,
    attributes: attributes(raw, bag(), content),
    events,
    ...(content && { content }),
  };
}

function logRecord(raw: Dict, wantsContent: boolean): LogRecord {
  const content = wantsContent ? contentBag() : undefined;
  const body = anyValue(raw.body, BODY_CHARS);
  return {
    at: time(get(raw, "timeUnixNano")),
    observedAt: time(get(raw, "observedTimeUnixNano")),
    name: text(get(raw, "eventName"), ATTRIBUTE_CHARS),
    body: typeof body === "string" ? body : null,
    severity: text(get(raw, "severityText"), 40) || null,
    trace: id(get(raw, "traceId")),
    attributes: attributes(raw, bag(), content),
    ...(content && { content, bodyText: valueText(raw.body) }),
  };
}

const SHAPES = [
  ["gauge", false],
  ["sum", false],
  ["histogram", true],
  ["exponentialHistogram", true],
  ["summary", false],
] as const;

function* points(raw: Dict, wanted: (metric: string) => boolean): Generator<Point | null> {
  const metric = text(raw.name, ATTRIBUTE_CHARS);
  if (metric === "") throw new WrongSignal("metrics");
  for (const [name, histogram] of SHAPES) {
    const shape = dict(get(raw, name));
    if (!shape) continue;
    const temporality = word(get(shape, "aggregationTemporality"), TEMPORALITIES);
    for (const one of list(shape, "dataPoints")) {
      const p = dict(one);
      if (!p) continue;
      if (!wanted(metric)) {
        yield null;
        continue;
      }
      yield {
        metric,
        temporality,
        start: time(get(p, "startTimeUnixNano")),
        at: time(get(p, "timeUnixNano")),
        value: number(histogram ? p.sum : (get(p, "asInt") ?? get(p, "asDouble"))),
        count: histogram ? number(p.count) : 0,
        attributes: attributes(p),
        series: seriesOf(
          metric,
          list(p, "attributes").map((attribute) => JSON.stringify(attribute)),
        ),
      };
    }
  }
}

const PARTS = {
  traces: ["resourceSpans", "scopeSpans", "spans"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
} as const satisfies Record<Signal, readonly [string, string, string]>;

/** The records of a parsed export request; of metrics as `readProtobuf`. Throws `WrongSignal`. */
export function* readJson<S extends Signal>(
  signal: S,
  json: unknown,
  wanted: (metric: string) => boolean,
  wantsContent = false,
): Generator<Item<Records[S] | null>> {
  const [resources, scopes, records] = PARTS[signal];
  const body = dict(json);
  if (!body) throw new WrongSignal(signal);
  for (const [other, [name]] of Object.entries(PARTS))
    if (other !== signal && get(body, name) !== undefined) throw new WrongSignal(signal);
  for (const one of list(body, resources)) {
    const part = dict(one);
    if (!part) continue;
    const resource = attributes(dict(part.resource) ?? {});
    for (const two of list(part, scopes)) {
      const within = dict(two);
      if (!within) continue;
      const source: Source = { resource, scope: text(dict(within.scope)?.name, ATTRIBUTE_CHARS) };
      for (const three of list(within, records)) {
        const raw = dict(three);
        if (!raw) throw new WrongSignal(signal);
        if (signal === "metrics")
          for (const record of points(raw, wanted)) yield { source, record: record as Records[S] | null };
        else
          yield {
            source,
            record: (signal === "traces" ? span(raw, wantsContent) : logRecord(raw, wantsContent)) as Records[S],
          };
      }
    }
  }
}
