import { z } from "zod";
import { epochSeconds } from "@/lib/core/base/epoch";
import { FORMS, read, type Written } from "./log-time-forms";

/**
 * Names that JSON loggers give the time, the most telling first: pino, bunyan, logrus, zap, zerolog, Serilog, ECS, Docker,
 * MongoDB, journald, GELF, log4j, Envoy, nginx, CloudTrail. Compared without case.
 */
const TIME_FIELDS = [
  "@timestamp", "timestamp", "time", "ts", "@t", "t", "__realtime_timestamp", "_source_realtime_timestamp", "datetime",
  "asctime", "instant", "timemillis", "time_iso8601", "time_local", "start_time", "eventtime", "timecreated", "_time",
  "log_time", "logtime", "written_at", "logged_at", "created", "created_at", "receivetimestamp", "when", "msec", "ts_ms",
  "timestamp_ms", "date",
]; // prettier-ignore
const RANK: ReadonlyMap<string, number> = new Map(TIME_FIELDS.map((name, i) => [name, i]));
/** Other names count only when they say that they are about time. */
const ABOUT_TIME = /time|date|stamp|(?:^|_)(?:ts|at)$/i;
/** Fields that are looked at; loggers put the time among the first. */
const FIELDS_MAX = 60;
const VALUE_CHARS = 64;

const Record = z.record(z.string(), z.unknown());

/** A JSON line as a record, also as one of a list (`…},`); null for anything else. */
export function jsonRecord(line: string): Record<string, unknown> | null {
  if (!line.startsWith("{")) return null;
  try {
    return Record.safeParse(JSON.parse(line.endsWith(",") ? line.slice(0, -1) : line)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * The times that a record may mean as its own, the likeliest first: known names before those that only sound like it, and those of
 * the record before those of objects in it.
 */
export function* timesOf(record: Record<string, unknown>, nested = true): Generator<Written> {
  const fields = Object.entries(record)
    .slice(0, FIELDS_MAX)
    .map(([name, value]) => ({ name, value, rank: RANK.get(name.toLowerCase()) ?? TIME_FIELDS.length }))
    .filter(({ name, rank }) => rank < TIME_FIELDS.length || ABOUT_TIME.test(name))
    .toSorted((a, b) => a.rank - b.rank);
  for (const { value } of fields) {
    const time = writtenIn(value);
    if (time !== null) yield time;
  }
  if (!nested) return;
  // Else where an envelope holds the record: {"meta": {"timestamp": …}}.
  for (const value of Object.values(record).slice(0, FIELDS_MAX)) {
    const inner = Record.safeParse(value).data;
    if (inner) yield* timesOf(inner, false);
  }
}

function writtenIn(value: unknown): Written | null {
  if (typeof value === "number") return epoch(value);
  if (typeof value === "string") return writtenText(value);
  const parts = Record.safeParse(value).data;
  if (!parts) return null;
  // {"$date": …} of MongoDB, whose number may be in {"$numberLong": "…"}.
  if ("$date" in parts) return writtenIn(parts["$date"]);
  if ("$numberLong" in parts) return writtenIn(parts["$numberLong"]);
  const seconds = Number(parts["seconds"] ?? parts["epochSecond"]);
  const nanos = Number(parts["nanos"] ?? parts["nanoOfSecond"] ?? 0);
  return Number.isFinite(seconds) && Number.isFinite(nanos) ? epoch(seconds + nanos / 1e9) : null;
}

function writtenText(text: string): Written | null {
  const trimmed = text.slice(0, VALUE_CHARS).trim();
  const number = /^(?:\/Date\()?(\d{9,20}(?:\.\d{1,9})?|\d\.\d{3,17}[eE]\+?\d{1,2})(?:[+-]\d{4})?(?:\)\/)?$/.exec(
    trimmed,
  );
  if (number) return epoch(Number(number[1]));
  for (const form of FORMS) {
    if (form.name === "epoch" || form.name === "daily") continue;
    const match = form.pattern.exec(trimmed);
    if (match?.index !== 0) continue;
    for (const order of form.orders) {
      const written = read(form, match, order);
      if (written !== null) return written;
    }
  }
  return null;
}

function epoch(value: number): Written | null {
  const t = epochSeconds(value);
  return t === null ? null : { kind: "epoch", t };
}
