import type { Bundle, LogLine, Series } from "./bundle";
import { marked } from "./bundle-marks";
import { messageOf, nameOf, stateOf } from "./bundle-records";
import { columnsOf, pointsOf } from "./bundle-series";
import { isRecord, type Json, type JsonRecord, numberOf, timedLines, timeOf } from "./bundle-times";

/** What an API answered, or a file says: parsed JSON, or text that is a log. */
export interface SourceDocument {
  /** Where it is from, in words: it stands in front of what is quoted. */
  name: string;
  content: Json;
}

/** More of one kind than this is not read: an analysis looks at what is around an onset, and sources answer in pages. */
const LINES_MAX = 20_000;
const SERIES_MAX = 2_000;
const DEPTH_MAX = 12;
/** Entries of a ranking that are told. */
const TOP = 4;
const PROSE_CHARS = 500;
/** Entries with longer names are told one by one. */
const SHORT_LABEL = 60;
/** What is there when no document says where. */
const NOWHERE = "system";

interface Reading {
  lines: { t: number | null; node: string | null; line: string }[];
  series: { node: string | null; metric: string; unit?: string; points: Series["points"] }[];
  alerts: { title: string; said: string; at: number | null }[];
  refers: [from: string, to: string][];
  latest: number | null;
}

interface Place {
  source: string;
  key: string;
  node: string | null;
  depth: number;
  listed: boolean;
}

/**
 * A bundle out of documents as monitoring APIs answer them, without knowing the APIs: a walk over JSON that takes courses over
 * time for metrics, records with a time and a text for log lines, things with names for state lines, sorted lists with a number
 * for what a quantity consists of, and alerts for what fired. Text is quoted as it stands and is untrusted.
 *
 * The target is the thing that the alert names most; `at` is the alert's time or, without one, the latest time in any document, which
 * is also when states are taken to hold. A document that shows nothing of the kind adds nothing.
 */
export function bundleFromDocuments(documents: readonly SourceDocument[]): Bundle {
  const reading: Reading = { lines: [], series: [], alerts: [], refers: [], latest: null };
  for (const { name, content } of documents) {
    const source = name
      .replace(/\.\w{1,5}$/, "")
      .replace(/[_-]+/g, " ")
      .trim();
    walk(content, { source, key: "", node: null, depth: 0, listed: false }, reading);
  }
  const named = new Set([...reading.lines, ...reading.series].flatMap(({ node }) => (node === null ? [] : [node])));
  const target = targetOf(reading.alerts, named);
  named.add(target);
  const at = reading.alerts.find((alert) => alert.at !== null)?.at ?? reading.latest ?? 0;
  const now = Math.max(at, reading.latest ?? at);
  const alerts = reading.alerts.map(({ said, at: fired }) => ({
    t: fired ?? at,
    node: target,
    line: marked("alert", said),
  }));
  const logs = reading.lines.map(({ t, node, line }): LogLine => ({ t: t ?? now, node: node ?? target, line }));
  return {
    target: { node: target, at },
    nodes: [...named].map((id) => ({ id })),
    edges: edgesOf([...named], reading.refers),
    metrics: reading.series.map((series) => ({ ...series, node: series.node ?? target })),
    logs: [...alerts, ...logs].toSorted((a, b) => a.t - b.t),
    spans: [],
    changes: [],
    normal: { metrics: [], logs: [], spans: [] },
  };
}

function walk(value: Json, place: Place, out: Reading): void {
  if (place.depth > DEPTH_MAX || out.lines.length >= LINES_MAX) return;
  if (typeof value === "string") readText(value, place, out);
  else if (Array.isArray(value)) readList(value, place, out);
  else if (isRecord(value)) readRecord(value, place, out);
  else return;
}

/** A text of several lines is a log. */
function readText(text: string, { node }: Place, out: Reading): void {
  if (!text.trim().includes("\n")) return;
  for (const { t, line } of timedLines(text, null)) add(out, { t, node, line });
}

function readList(list: Json[], place: Place, out: Reading): void {
  const records = list.filter(isRecord);
  const stream = streamOf(list);
  if (stream.length > 0) {
    for (const line of stream) add(out, { ...line, node: place.node });
    return;
  }
  if (records.length === 0) {
    const texts = list.filter((item) => typeof item === "string");
    if (texts.some((text) => /\s/.test(text))) readText(`${texts.join("\n")}\n`, place, out);
    return;
  }
  const columns = columnsOf(records);
  if (columns.length > 0) {
    for (const { metric, points } of columns) addSeries(out, { node: place.node, metric, points });
    return;
  }
  if (isRanking(records, place.key)) return readRanking(records, place, out);
  for (const record of records) readRecord(record, { ...place, depth: place.depth + 1, listed: true }, out);
}

/** Pairs of a time and a text, as Loki answers. */
const streamOf = (list: Json[]): { t: number | null; line: string }[] =>
  list.flatMap((item) => {
    if (!Array.isArray(item) || typeof item[1] !== "string" || item[1] === "" || numberOf(item[1]) !== null) return [];
    const t = timeOf(item[0]);
    return t === null ? [] : [{ t, line: item[1] }];
  });

function readRecord(record: JsonRecord, place: Place, out: Reading): void {
  if (readAlert(record, place, out)) return;
  const course = pointsOf(record);
  if (course !== null) {
    const { name: _, id: __, ...rest } = record;
    const unit = record["unit"] ?? record["Unit"];
    addSeries(out, {
      node: nameOf(rest) ?? place.node,
      metric: metricOf(record) ?? (place.key || place.source),
      ...(typeof unit === "string" ? { unit } : {}),
      points: course.points,
    });
    return;
  }
  const message = messageOf(record);
  if (message !== null) {
    const { first, last, about, line } = message;
    const node = about ?? place.node;
    const said = /event/i.test(`${place.source} ${place.key}`) ? marked("event", line) : line;
    if (first !== null && last !== null && last > first) add(out, { t: first, node, line: said });
    add(out, { t: last, node, line: said });
    return;
  }
  const nested = Object.entries(record).filter(([, item]) => typeof item === "object" && item !== null);
  const lists = nested.filter(([, item]) => Array.isArray(item) && item.some(isRecord));
  const name = nameOf(record);
  const streams = nested.filter(([, item]) => Array.isArray(item) && streamOf(item).length > 0);
  if (streams.length > 0) {
    for (const [key, item] of streams)
      walk(item, { source: place.source, key, node: name ?? place.node, depth: place.depth + 1, listed: false }, out);
    return;
  }
  if (place.listed || (name !== null && lists.length === 0)) {
    const state = stateOf(record, `${place.source}${place.key === "" ? "" : ` ${place.key}`}`);
    if (state !== null) {
      const gone = state.leaving;
      add(out, {
        t: gone,
        node: state.name ?? place.node,
        line: marked(gone === null ? "state" : "event", state.line),
      });
      if (state.name !== null) for (const other of state.refers) out.refers.push([state.name, other]);
    }
    if (place.listed) return;
  }
  const node = name ?? place.node;
  for (const [key, item] of Object.entries(record)) {
    const t = timeOf(item);
    if (t !== null && /time|date|_at$|until|end/i.test(key)) out.latest = Math.max(out.latest ?? t, t);
    if (item !== null) walk(item, { source: place.source, key, node, depth: place.depth + 1, listed: false }, out);
  }
}

const add = (out: Reading, line: Reading["lines"][number]): void => {
  if (line.t !== null) out.latest = Math.max(out.latest ?? line.t, line.t);
  if (out.lines.length < LINES_MAX) out.lines.push(line);
};

const addSeries = (out: Reading, series: Reading["series"][number]): void => {
  const last = series.points.at(-1);
  if (last === undefined || out.series.length >= SERIES_MAX) return;
  out.latest = Math.max(out.latest ?? last[0], last[0]);
  out.series.push(series);
};

function metricOf(record: JsonRecord): string | null {
  const metric = record["metric"];
  for (const value of [
    record["metric_name"],
    isRecord(metric) ? metric["__name__"] : metric,
    record["label"],
    record["title"],
    record["name"],
    record["id"],
  ])
    if (typeof value === "string" && value !== "") return value;
  return null;
}

/** What fired: labels and annotations, or a title with a state. */
function readAlert(record: JsonRecord, place: Place, out: Reading): boolean {
  const groups = Object.entries(record).filter(
    ([key, value]) => /(?:labels|annotations)$/i.test(key) && isRecord(value),
  );
  const titled = typeof record["title"] === "string" && ("state" in record || "status" in record);
  if (!/alert/i.test(`${place.source} ${place.key}`) || (groups.length === 0 && !titled)) return false;
  // A group of alerts is read alert by alert.
  if (Array.isArray(record["alerts"]) && record["alerts"].some(isRecord)) return false;
  const fields = [
    ...Object.entries(record),
    ...groups.flatMap(([, value]) => Object.entries(value as JsonRecord)),
  ].filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== "");
  const title = typeof record["title"] === "string" ? record["title"] : "";
  const state = record["state"] ?? record["status"];
  const prose = fields
    .filter(([key, text]) => key !== "title" && /\s/.test(text))
    .map(([key, text]) => `${key.replaceAll("_", " ")}: "${text.slice(0, PROSE_CHARS)}"`);
  const start = fields.find(([key, text]) => /start|fired|trigger|time|active/i.test(key) && timeOf(text) !== null);
  const said = [title === "" ? "" : `"${title}"${typeof state === "string" ? ` (${state})` : ""}`, ...prose];
  out.alerts.push({
    title: [title, ...fields.map(([, text]) => text)].join("\n"),
    said: said.filter((part) => part !== "").join("; "),
    at: start === undefined ? null : timeOf(start[1]),
  });
  return true;
}

/** A list sorted by a number that all its records have, without times or truth values, is a ranking; so is one that says it is. */
function isRanking(records: JsonRecord[], key: string): boolean {
  if (records.some((record) => Object.values(record).some((v) => typeof v === "boolean" || timeOf(v) !== null)))
    return false;
  const by = rankedBy(records);
  if (by === null || labelOf(records[0]!) === null) return false;
  if (/^(?:top|largest|slow|busiest|hot)/i.test(key)) return true;
  const values = records.map((record) => numberOf(record[by])!);
  return records.length >= 3 && values[0]! > values.at(-1)! && values.every((v, i) => i === 0 || v <= values[i - 1]!);
}

const rankedBy = (records: JsonRecord[]): string | null =>
  Object.keys(records[0]!).find((key) => records.every((record) => typeof record[key] === "number")) ?? null;

const labelOf = (record: JsonRecord): string | null =>
  Object.values(record)
    .filter((value) => typeof value === "string")
    .toSorted((a, b) => b.length - a.length)[0] ?? null;

function readRanking(records: JsonRecord[], { source, key, node }: Place, out: Reading): void {
  const by = rankedBy(records)!;
  const sorted = records.toSorted((a, b) => numberOf(b[by])! - numberOf(a[by])!);
  const total = sorted.reduce((sum, record) => sum + Math.max(0, numberOf(record[by])!), 0);
  const told = sorted.slice(0, TOP).map((record) => {
    const value = numberOf(record[by])!;
    const share = total > 0 ? ` (${Math.round((100 * value) / total)} % of those listed)` : "";
    const label = labelOf(record)!;
    return { label, said: `"${label.slice(0, PROSE_CHARS)}" ${by} ${value}${share}${partsOf(record, by)}` };
  });
  const begin = `${source} ${key}: `;
  const lines = told.some(({ label }) => label.length > SHORT_LABEL)
    ? told.map(({ said }) => `${begin}${said}`)
    : [`${begin}${told.map(({ said }) => said).join(", ")}`];
  for (const line of lines) add(out, { t: null, node, line: marked("top", line) });
}

/** What else an entry of a ranking says: its other numbers, and what it consists of in turn. */
function partsOf(record: JsonRecord, by: string): string {
  return Object.entries(record)
    .map(([name, item]) => {
      if (name === by) return "";
      if (typeof item === "number") return `; ${name} ${item}`;
      if (!Array.isArray(item)) return "";
      const parts = item.filter(isRecord).map((part) => {
        const size = Object.values(part).find((v) => typeof v === "number");
        return `${labelOf(part) ?? ""} ${size ?? ""}`.trim();
      });
      return parts.length > 0 ? `; ${name}: ${parts.slice(0, TOP).join(", ")}` : "";
    })
    .join("");
}

/** The thing the alerts name most often; among equals the first that the title names, then the first by name. */
function targetOf(alerts: Reading["alerts"], named: ReadonlySet<string>): string {
  const text = alerts.map(({ title }) => title).join("\n");
  const score = (name: string) =>
    text.split("\n").filter((value) => value === name).length * 2 +
    (text
      .split("\n")[0]!
      .split(/[\s"',;()]+/)
      .includes(name)
      ? 3
      : 0);
  const best = [...named].toSorted((a, b) => score(b) - score(a) || a.localeCompare(b))[0];
  if (best !== undefined && (score(best) > 0 || alerts.length === 0)) return best;
  return best ?? NOWHERE;
}

/** A thing depends on what it refers to, and on the parts that carry its name in front of theirs (`api` on `api-7f9-x2`). */
function edgesOf(names: string[], refers: [string, string][]): Bundle["edges"] {
  const known = new Set(names);
  const edges = new Map<string, [string, string]>();
  for (const [from, to] of refers) if (known.has(to) && from !== to) edges.set(`${from}\n${to}`, [from, to]);
  for (const name of names) {
    const whole = names.filter((other) => name.startsWith(`${other}-`)).toSorted((a, b) => b.length - a.length)[0];
    if (whole !== undefined) edges.set(`${whole}\n${name}`, [whole, name]);
  }
  return [...edges.values()];
}
