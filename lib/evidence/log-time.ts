import { z } from "zod";

export interface ClockHint {
  /** For forms without a year: the newest time that a line can have, in epoch seconds. */
  newest: number;
  /** For forms without a zone: minutes east of UTC. */
  utcOffsetMinutes?: number;
}

/** A time stands at a line's beginning; what is found further on is the message's. */
const HEAD_CHARS = 160;
/** Names that JSON loggers give the time: pino, bunyan, logrus, zap, zerolog, Serilog, ECS, Docker. */
const TIME_FIELDS = ["time", "timestamp", "@timestamp", "ts", "@t", "t", "date", "datetime"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAY_S = 86_400;

/** 2026-05-20T12:30:01.123Z, with `/` for `-`, a blank for `T`, a comma before the fraction, any zone or none. */
const ISO = /(\d{4})[-/](\d{2})[-/](\d{2})[T _](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?(Z|[+-]\d{2}:?\d{2})?/;
/** 20/May/2026:12:30:01 +0000, of web servers. */
const COMMON = /(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?([+-]\d{2}:?\d{2})?/;
/** May 20 12:30:01, of syslog: no year, no zone. */
const SYSLOG = /^(?:<\d{1,3}>)?([A-Z][a-z]{2})\s+(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?/;
/** I0520 12:30:01.123456, of klog: no year, no zone. */
const KLOG = /^[IWEF](\d{2})(\d{2}) (\d{2}):(\d{2}):(\d{2})\.(\d{1,9})/;
/** 1779280201.123 or 1779280201123 at the very beginning. */
const EPOCH = /^\[?(\d{10}(?:\.\d{1,9})?|\d{13}|\d{16}|\d{19})(?=[\s\]:,|]|$)/;

const Record = z.record(z.string(), z.unknown());

/**
 * The time of a log line in epoch seconds, from JSON fields or from the usual plain forms at its beginning; null when it shows
 * none, as in the further lines of a stack trace. Forms without a zone are read in the hint's, UTC by default.
 */
export function lineTime(line: string, hint: ClockHint): number | null {
  if (line.startsWith("{")) {
    const record = jsonRecord(line);
    if (record) return recordTime(record, hint);
  }
  return plainTime(line.slice(0, HEAD_CHARS), hint);
}

/** A JSON line as a record; null for anything else. */
export function jsonRecord(line: string): Record<string, unknown> | null {
  try {
    return Record.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

function recordTime(record: Record<string, unknown>, hint: ClockHint): number | null {
  for (const field of TIME_FIELDS) {
    const value = record[field];
    if (typeof value === "number") return epochSeconds(value);
    if (typeof value === "string") {
      const at = /^\d+(\.\d+)?$/.test(value)
        ? epochSeconds(Number(value))
        : plainTime(value.slice(0, HEAD_CHARS), hint);
      if (at !== null) return at;
    }
  }
  return null;
}

function plainTime(head: string, hint: ClockHint): number | null {
  const epoch = EPOCH.exec(head);
  if (epoch) return epochSeconds(Number(epoch[1]));
  const iso = ISO.exec(head);
  if (iso) return at(iso[1]!, Number(iso[2]), iso[3]!, iso.slice(4, 7), iso[7], iso[8], hint);
  const common = COMMON.exec(head);
  if (common) return at(common[3]!, monthOf(common[2]!), common[1]!, common.slice(4, 7), common[7], common[8], hint);
  const syslog = SYSLOG.exec(head);
  if (syslog) return withoutYear(monthOf(syslog[1]!), syslog[2]!, syslog.slice(3, 6), syslog[6], hint);
  const klog = KLOG.exec(head);
  if (klog) return withoutYear(Number(klog[1]), klog[2]!, klog.slice(3, 6), klog[6], hint);
  return null;
}

const monthOf = (name: string): number => MONTHS.indexOf(name.toLowerCase()) + 1;

function at(
  year: string,
  month: number,
  day: string,
  clock: string[],
  fraction: string | undefined,
  zone: string | undefined,
  hint: ClockHint,
): number | null {
  const [hour = 0, minute = 0, second = 0] = clock.map(Number);
  if (month < 1 || month > 12 || Number(day) < 1 || Number(day) > 31 || hour > 23 || minute > 59 || second > 60)
    return null;
  const utc = Date.UTC(Number(year), month - 1, Number(day), hour, minute, second) / 1_000;
  return utc + Number(`0.${fraction ?? "0"}`) - offsetOf(zone, hint) * 60;
}

/** The latest such day that is not beyond the newest time there can be; a day's grace for zones and clocks. */
function withoutYear(
  month: number,
  day: string,
  clock: string[],
  fraction: string | undefined,
  hint: ClockHint,
): number | null {
  const year = new Date((hint.newest + DAY_S) * 1_000).getUTCFullYear();
  const here = at(String(year), month, day.padStart(2, "0"), clock, fraction, undefined, hint);
  if (here === null || here <= hint.newest + DAY_S) return here;
  return at(String(year - 1), month, day, clock, fraction, undefined, hint);
}

/** Minutes east of UTC. */
function offsetOf(zone: string | undefined, hint: ClockHint): number {
  if (zone === undefined) return hint.utcOffsetMinutes ?? 0;
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.startsWith("-") ? -minutes : minutes;
}

/** Seconds, from a number of seconds, milli-, micro- or nanoseconds since 1970, told apart by size (good from 1973 to 5138); null for another. */
function epochSeconds(value: number): number | null {
  if (value >= 1e8 && value < 1e11) return value;
  if (value >= 1e11 && value < 1e14) return value / 1e3;
  if (value >= 1e14 && value < 1e17) return value / 1e6;
  if (value >= 1e17 && value < 1e20) return value / 1e9;
  return null;
}
