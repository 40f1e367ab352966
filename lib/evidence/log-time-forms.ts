import { epochSeconds } from "@/lib/core/base/epoch";

/** A written date and time, as read: what it does not say is left out. */
export interface Civil {
  year?: number;
  month: number;
  day: number;
  /** Seconds since midnight, with their fraction. */
  clock: number;
  /** As written: `Z`, `+02:00`, `EST`, `Europe/Berlin`. */
  zone?: string;
}
/** What a form says: a date and time, a time of day only, or seconds since 1970. */
export type Written = ({ kind: "civil" } & Civil) | { kind: "daily"; clock: number } | { kind: "epoch"; t: number };

export interface Form {
  name: string;
  /** Bounded in every repetition, so that a search is linear in the text. */
  pattern: RegExp;
  /** It is hardly ever found by accident at a line's beginning: a whole date with a time. */
  strong: boolean;
  /** Orders that its numbers may have; which one holds is learned from the lines. */
  orders: readonly Order[];
}
export type Order = "ymd" | "mdy" | "dmy";

const TIME = String.raw`(?<h>\d{1,2}):(?<mi>\d\d)(?::(?<s>\d\d)(?:[.,:](?<f>\d{1,9}))?)?(?:\s?(?<ap>[AaPp])\.?\s?[Mm]\b\.?)?`;
const FULL_TIME = String.raw`(?<h>\d{1,2}):(?<mi>\d\d):(?<s>\d\d)(?:[.,:](?<f>\d{1,9}))?(?:\s?(?<ap>[AaPp])\.?\s?[Mm]\b\.?)?`;
const OFFSET = String.raw`[+\u2212-]\d\d(?::?\d\d)?(?![\d:.,-])`;
const NAMED = String.raw`(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d\d)?)?|[A-Z]{3,5}|[A-Z][A-Za-z]{2,14}\/[A-Za-z_]{2,20}(?:\/[A-Za-z_]{2,20})?`;
const ZONE = String.raw`(?:\s?(?<z>Z\b|${OFFSET}|(?:${NAMED})\b))?`;
const WEEKDAY = String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\s{1,2})?`;
const MONTH = String.raw`(?<mon>[A-Za-z]{3,9})\.?`;

const form = (name: string, pattern: string, { strong = true, orders = ["ymd"] as readonly Order[] } = {}): Form => ({
  name,
  pattern: new RegExp(pattern),
  strong,
  orders,
});

/** Forms of dates and times at the beginning of log lines. Where two begin at one place, the first counts. */
export const FORMS: readonly Form[] = [
  // I0520 12:30:01.123456 of klog, I20260520 12:30:01 of newer glog.
  form("klog", String.raw`^[IWEFDC](?<y>\d{4})?(?<mo>\d\d)(?<d>\d\d) ${FULL_TIME}`),
  // 2026-05-20-12.30.01.123456+120 of DB2.
  form("db2", String.raw`(?<!\d)(?<y>\d{4})-(?<mo>\d\d)-(?<d>\d\d)-(?<h>\d\d)\.(?<mi>\d\d)\.(?<s>\d\d)\.(?<f>\d{1,9})(?<z>[+-]\d{3}\b)?`), // prettier-ignore
  // 2026-05-20T12:30:01.123Z and all that resembles it.
  form("iso", String.raw`(?<![\d.])${WEEKDAY}(?<y>\d{4})[-/.年](?<mo>\d{1,2})[-/.月](?<d>\d{1,2})(?<sep>日\s?|,?\s{1,2}|[T_:|-])${TIME}${ZONE}`), // prettier-ignore
  // 2026-May-20 12:30:01.
  form("year-month-day", String.raw`(?<![\d.])(?<y>\d{4})[- /](?<mon>[A-Za-z]{3})[- /](?<d>\d{1,2})[ T:]${TIME}${ZONE}`), // prettier-ignore
  // 20/May/2026:12:30:01 +0000 of web servers, 20-May-2026::12:30:01 of Erlang, 20 May 2026 12:30:01.123 of Redis.
  form("day-month", String.raw`(?<!\w)${WEEKDAY}(?<d>\d{1,2})[ /-]${MONTH}(?:[ /-](?<y>\d{4}|\d\d(?!:)))?(?::{1,2}|,?\s{1,2})${TIME}${ZONE}`), // prettier-ignore
  // May 20 12:30:01 of syslog, May 20, 2026 12:30:01 PM of Java, Wed May 20 12:30:01 UTC 2026 of date(1).
  form("month-day", String.raw`(?<!\w)${WEEKDAY}${MONTH}\s{1,2}(?<d>\d{1,2})(?:,?\s(?<y>\d{4}))?,?\s(?:at\s)?${TIME}${ZONE}(?:\s(?<y2>\d{4})(?![\d:.-]))?`), // prettier-ignore
  // 11/27/2026, 27.11.2026, 27-11-26, 26/11/27.
  form("numbers", String.raw`(?<![\d/.:-])(?<a>\d{1,2})(?<p>[/.-])(?<b>\d{1,2})\k<p>(?<c>\d{4}|\d\d)(?:,?\s{1,2}|[T:_-])${TIME}${ZONE}`, { orders: ["mdy", "dmy", "ymd"] }), // prettier-ignore
  // 05-20 12:30:01.123 of Android.
  form("numbers-no-year", String.raw`(?<![\d/.:-])(?<a>\d\d)[/-](?<b>\d\d)\s{1,2}${FULL_TIME}`, { strong: false, orders: ["mdy", "dmy"] }), // prettier-ignore
  // 20260520T123001Z, 20260520-12:30:01.123.
  form("compact", String.raw`(?<!\w)(?<y>\d{4})(?<mo>\d\d)(?<d>\d\d)[T _:-]?(?<h>\d\d):?(?<mi>\d\d):?(?<s>\d\d)(?:[.,](?<f>\d{1,9}))?(?!\d)${ZONE}`, { strong: false }), // prettier-ignore
  // 260520 12:30:01 of older MySQL, 260520 123001 of Hadoop.
  form("compact-short-year", String.raw`(?<!\w)(?<y>\d\d)(?<mo>\d\d)(?<d>\d\d)\s{1,2}(?<h>\d{1,2}):?(?<mi>\d\d):?(?<s>\d\d)(?!\d)`, { strong: false }), // prettier-ignore
  // 1779280201.123, 1779280201123, 1.779280201123e+09: first in the line, or named (ts=, audit().
  form("epoch", String.raw`(?<=^[\[("]?|\b(?:ts|t|time|timestamp|epoch)="?|\baudit\()(?<e>\d{10}(?:\.\d{1,9})?|\d{13}(?:\.\d{1,6})?|\d{16}|\d{19}|\d\.\d{3,17}e\+?\d{1,2})(?![\w.])`, { strong: false }), // prettier-ignore
  // @4000000068… of multilog and s6.
  form("tai64n", String.raw`^@(?<tai>[0-9a-f]{24})\b`),
  // 12:30:01.123 of a day that is not said.
  form("daily", String.raw`(?<![\w.:/-])${FULL_TIME}`, { strong: false }),
];

const MONTHS = [
  "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
]; // prettier-ignore
/** TAI64 counts from 2^62 at 1970, ten seconds ahead of UTC as its writers set it. */
const TAI_1970 = 2n ** 62n + 10n;

/** What a match of a form says in one order of its numbers; null when it is no date or time after all. */
export function read(form: Form, match: RegExpExecArray, order: Order): Written | null {
  const g = match.groups!;
  if (g["e"] !== undefined) {
    const t = epochSeconds(Number(g["e"]));
    return t === null ? null : { kind: "epoch", t };
  }
  if (g["tai"] !== undefined) {
    const seconds = BigInt(`0x${g["tai"].slice(0, 16)}`) - TAI_1970;
    return { kind: "epoch", t: Number(seconds) + Number.parseInt(g["tai"].slice(16), 16) / 1e9 };
  }
  const clock = secondsOfDay(g);
  if (clock === null) return null;
  if (form.name === "daily") return { kind: "daily", clock };
  const date = dateOf(g, order);
  return date === null ? null : { kind: "civil", ...date, clock, ...(g["z"] === undefined ? {} : { zone: g["z"] }) };
}

function secondsOfDay(g: Record<string, string | undefined>): number | null {
  let hour = Number(g["h"]);
  const [minute, second] = [Number(g["mi"]), Number(g["s"] ?? 0)];
  if (g["ap"] !== undefined) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (g["ap"].toLowerCase() === "p" ? 12 : 0);
  }
  // A leap second is the 61st.
  if (hour > 23 || minute > 59 || second > 60) return null;
  return hour * 3_600 + minute * 60 + second + Number(`0.${g["f"] ?? "0"}`);
}

function dateOf(g: Record<string, string | undefined>, order: Order): Pick<Civil, "year" | "month" | "day"> | null {
  let [year, month, day] = [g["y"] ?? g["y2"], Number(g["mo"]), Number(g["d"])];
  if (g["mon"] !== undefined) {
    const name = g["mon"].toLowerCase();
    month = MONTHS.findIndex((full) => full.startsWith(name)) + 1;
  } else if (g["a"] !== undefined) {
    const [a, b, c] = [g["a"], g["b"]!, g["c"]];
    if (order === "ymd" && c?.length !== 2) return null;
    [year, month, day] =
      order === "ymd"
        ? [a, Number(b), Number(c)]
        : order === "mdy"
          ? [c, Number(a), Number(b)]
          : [c, Number(b), Number(a)];
    if (year !== undefined && year.length === 1) return null;
  }
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return null;
  return { month, day, ...(year === undefined ? {} : { year: Number(year) + (year.length === 2 ? 2_000 : 0) }) };
}
