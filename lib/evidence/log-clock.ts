import { jsonRecord, timesOf } from "./log-record";
import { type Form, FORMS, read, type Written } from "./log-time-forms";
import { withoutColours } from "@/lib/core/evidence/log-message";
import { offsetOf, UTC, type Zone } from "@/lib/core/base/time-zone";

export interface ClockHint {
  /** When the lines were last written, in epoch seconds: none is much newer. Dates without a year are the latest before it. */
  newest: number;
  /** Where times that name no zone are read. */
  zone: Zone;
}

/** How one file writes its times, learned from its lines. */
export interface Clock {
  /** Epoch seconds; null for a line that continues the one before it. Of `daily` clocks: seconds since a local midnight. */
  timeOf: (line: string) => number | null;
  /** Its times say no day. */
  daily: boolean;
  /** Its times name no zone, so that they may be off by hours. */
  zoneless: boolean;
  /** Lines stand in the order of time, nearly: only then can a file be searched. */
  ordered: boolean;
}

/** A time stands at a line's beginning; what is found further on is the message's. */
const HEAD_CHARS = 256;
const DAY_S = 86_400;
/** Logs from before 1990 are numbers that were taken for times. */
const OLDEST = 631_152_000;
/** Writers on several threads put lines down a little out of order, in seconds. */
export const DISORDER_S = 5;
/** Two formats of one file tell the same time; a date that is part of a message does not. In seconds. */
const BETWEEN_S = 60;
/** The share of lines that has to show a format which is not beyond doubt. */
const SHARE = 0.1;
/** Or so many lines, in the order of time. */
const STEADY_LINES = 5;
/** A second format beside the first one, unless it is beyond doubt: share of lines, and lines. */
const SECOND_SHARE = 0.05;
const SECOND_LINES = 3;
/** The share of a format's lines that has to fit in between the others'. */
const FITTING = 0.8;
/** Steps back in time that a file in the order of time may have, as a share of all steps. */
const BACKWARDS = 0.2;

/** The header of W3C's extended format (IIS, CloudFront), which is in UTC by its definition. */
const W3C = /^#Fields:\s/i;

/** Something in a line that reads as its time. */
interface Stamp {
  /** Null: a field of JSON. */
  form: Form | null;
  /** The format: where it stands, its form, and the order of its numbers. */
  key: string;
  /** The same, whatever the order of its numbers: of these one is right. */
  place: string;
  t: number;
  daily: boolean;
  zoneless: boolean;
  /** Beyond doubt: a whole date and time at the very beginning. */
  strong: boolean;
}

/**
 * Learns how lines show their time from a sample of them, in the file's order: a form (log-time-forms.ts) after beginnings of one
 * shape, or a field of JSON. The format that most lines show, in the order of time, is the file's; others count beside it if what
 * they say fits in between. Numbers whose order is open (03/04/2026) are read so that the lines are in order and end nearest to when
 * the file was written. Null when no line shows a time.
 */
export function learnClock(lines: readonly string[], hint: ClockHint): Clock | null {
  if (lines.some((line) => W3C.test(line))) return learn(lines, { ...hint, zone: UTC }, false);
  return learn(lines, hint, true);
}

function learn(lines: readonly string[], hint: ClockHint, local: boolean): Clock | null {
  const stamps: { line: number; stamp: Stamp }[] = [];
  let count = 0;
  /** Lines that are not indented: traces are, and may be longer than all else. */
  let begun = 0;
  for (const line of lines) {
    if (line.trim() === "") continue;
    for (const stamp of stampsOf(line, hint)) stamps.push({ line: count, stamp });
    count++;
    if (!/^\s/.test(line)) begun++;
  }
  const formats = groups(stamps, ({ stamp }) => stamp.key).map((list) => ({
    ...list[0]!.stamp,
    list,
    ...steps(list.map(({ stamp }) => stamp.t)),
  }));
  const rightOrder = groups(formats, ({ place }) => place).map((group) =>
    group.reduce((a, b) => (compare(b, a, hint) > 0 ? b : a)),
  );
  const sure = rightOrder.filter((one) => one.strong || one.list.length >= SHARE * begun || steady(one));
  const first = sure.toSorted((a, b) => compare(b, a, hint))[0];
  if (first === undefined) return null;
  const others = rightOrder.filter((one) => one !== first && one.daily === first.daily && enough(one, count));
  const accepted = [first, ...others.filter(({ list }) => first.daily || fits(list, first.list))];
  const keys = new Set(accepted.map(({ key }) => key));
  const forms = FORMS.filter((form) => accepted.some((one) => one.form === form));
  return {
    daily: first.daily,
    zoneless: local && first.list.some(({ stamp }) => stamp.zoneless),
    ordered: first.daily || first.back <= BACKWARDS * (first.back + first.forth),
    timeOf(line) {
      return stampsOf(line, hint, forms).find(({ key }) => keys.has(key))?.t ?? null;
    },
  };
}

function groups<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const lists = new Map<string, T[]>();
  for (const item of items) {
    const list = lists.get(key(item));
    if (list) list.push(item);
    else lists.set(key(item), [item]);
  }
  return [...lists.values()];
}

interface Learned extends Stamp {
  list: { line: number; stamp: Stamp }[];
  back: number;
  forth: number;
}

/** Few among long traces, and in the order of time. */
const steady = ({ list, back, forth }: Learned): boolean =>
  list.length >= STEADY_LINES && forth > 0 && back <= BACKWARDS * (back + forth);

const enough = ({ strong, list }: Learned, lines: number): boolean =>
  strong || list.length >= Math.max(SECOND_LINES, SECOND_SHARE * lines);

/** Steps of time from line to line. */
function steps(times: readonly number[]): { back: number; forth: number } {
  let [back, forth] = [0, 0];
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    if (step < -DISORDER_S) back++;
    else if (step > 0) forth++;
  }
  return { back, forth };
}

/** Which of two is likelier the format of the file: more lines in order; then the nearer to when it was written. */
function compare(a: Learned, b: Learned, { newest }: ClockHint): number {
  const off = ({ list, daily }: Learned) => (daily ? 0 : Math.abs(newest - list.at(-1)!.stamp.t));
  // Lines from the newest to the oldest are in an order too.
  const inOrder = ({ list, back, forth }: Learned) => list.length - Math.min(back, forth);
  return inOrder(a) - inOrder(b) || Number(a.strong) - Number(b.strong) || off(b) - off(a);
}

/** Whether times fit in between those of the lines around them. */
function fits(list: Learned["list"], among: Learned["list"]): boolean {
  let at = 0;
  let fitting = 0;
  for (const { line, stamp } of list) {
    while (at < among.length && among[at]!.line <= line) at++;
    const [before, after] = [among[at - 1]?.stamp.t, among[at]?.stamp.t];
    const [low, high] = [
      Math.min(before ?? -Infinity, after ?? Infinity),
      Math.max(before ?? -Infinity, after ?? Infinity),
    ];
    if (stamp.t >= low - BETWEEN_S && stamp.t <= high + BETWEEN_S) fitting++;
  }
  return fitting >= FITTING * list.length;
}

/** The time that a line shows first, once for each order that its numbers may have; nothing that no line could say yet. */
function stampsOf(line: string, hint: ClockHint, forms: readonly Form[] = FORMS): Stamp[] {
  const record = jsonRecord(line);
  if (record) {
    for (const written of timesOf(record)) {
      const stamp = stampOf(written, { form: null, key: "json", place: "json", strong: true }, hint);
      if (stamp) return [stamp];
    }
    return [];
  }
  const head = plainHead(line);
  let first: { form: Form; match: RegExpExecArray } | null = null;
  for (const form of forms) {
    const match = form.pattern.exec(head);
    if (match && (first === null || match.index < first.match.index)) first = { form, match };
    if (first?.match.index === 0) break;
  }
  if (first === null) return [];
  const { form, match } = first;
  const shape = shapeOf(head.slice(0, match.index));
  if (form.name === "daily" && !DAILY_SHAPES.has(shape)) return [];
  const place = `${form.name} ${shape}${match.groups!["sep"] ?? ""}`;
  const strong = form.strong && STRONG_SHAPES.has(shape);
  return form.orders.flatMap((order) => {
    const written = read(form, match, order);
    return (written && stampOf(written, { form, key: `${place} ${order}`, place, strong }, hint)) ?? [];
  });
}

/** Before a time of day alone; elsewhere it is a duration or part of a sentence. */
const DAILY_SHAPES = new Set(["", "[", "(", "<", "w ", "[] ", "w: ", " "]);
/** Before a date that is beyond doubt the line's own. */
const STRONG_SHAPES = new Set(["", "[", "(", "<", "<w>", "<w>w "]);

/** A line without what a terminal or a preallocated file puts before its text. */
const plainHead = (line: string): string => withoutColours(line.slice(0, HEAD_CHARS)).replace(FILLING, "");
const FILLING = new RegExp(String.raw`^\0{1,256}`);

/**
 * What stands before a time, as lines of one logger have it in common: words are `w`, whatever is in brackets or quotes is
 * left out, and of keys only the last one (`ts=`) counts.
 */
function shapeOf(prefix: string): string {
  if (prefix === "") return "";
  const key = /(?:^|\s)([\w.@-]{1,40}=["']?)$/.exec(prefix)?.[1];
  if (key !== undefined) return key;
  return prefix
    .replace(/\[[^\][]{0,100}\]/g, "[]")
    .replace(/"[^"]{0,100}"/g, '""')
    .replace(/[^\s[\](){}<>"'|,;=:]{1,256}(?::[^\s[\](){}<>"'|,;=:]{1,256}){0,8}/g, "w")
    .replace(/\s{1,256}/g, " ");
}

function stampOf(
  written: Written,
  format: Pick<Stamp, "form" | "key" | "place" | "strong">,
  hint: ClockHint,
): Stamp | null {
  const daily = written.kind === "daily";
  const { t, zoneless } = daily ? { t: written.clock, zoneless: true } : resolved(written, hint);
  if (Number.isNaN(t) || (!daily && (t < OLDEST || t > hint.newest + DAY_S))) return null;
  return { ...format, t, daily, zoneless };
}

function resolved(written: Exclude<Written, { kind: "daily" }>, hint: ClockHint): { t: number; zoneless: boolean } {
  if (written.kind === "epoch") return { t: written.t, zoneless: false };
  const { month, day, clock, zone } = written;
  const at = (year: number): { t: number; zoneless: boolean } => {
    const midnight = Date.UTC(year, month - 1, day);
    // The 30th of February is no day, nor is the 29th in most years.
    if (new Date(midnight).getUTCDate() !== day) return { t: NaN, zoneless: false };
    const local = midnight + clock * 1_000;
    const named = zone === undefined ? null : offsetOf(zone, local, hint.zone);
    return { t: local / 1_000 - (named ?? hint.zone.offsetAt(local)) * 60, zoneless: named === null };
  };
  if (written.year !== undefined) return at(written.year);
  // The latest such day that is not beyond the newest time there can be; a leap day is at most eight years back.
  const newest = new Date((hint.newest + DAY_S) * 1_000).getUTCFullYear();
  for (let year = newest; year >= newest - 8; year--) {
    const found = at(year);
    if (found.t <= hint.newest + DAY_S) return found;
  }
  return { t: NaN, zoneless: false };
}
