/** How the times of a file are to be read, where one time alone does not say it. */
export interface TimeFormat {
  /** Numbers are days since 1899-12-30, as spreadsheets count them. */
  serial: boolean;
  /** Which comes first in 02/03/2026. */
  dates: DateOrder | null;
}
export type DateOrder = "day first" | "month first";
export const PLAIN_TIMES: TimeFormat = { serial: false, dates: null };

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:e\+?\d{1,2})?$/i;
const TIME = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?(?: ?([ap])\.?m\.?)?`;
const ZONE = String.raw`(?: ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)(?: [A-Z]{3,4})?(?:\[[\w/+-]{1,40}\])?)?`;
const AFTER = String.raw`(?:(?:T|,? +|:)${TIME}${ZONE})?$`;
const MONTH = String.raw`(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?`;
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})${AFTER}`, "i");
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})${AFTER}`, "i");
const DAY_MONTH = new RegExp(String.raw`^(\d{1,2})[-/. ]${MONTH},?[-/. ](\d{4})${AFTER}`, "i");
const MONTH_DAY = new RegExp(String.raw`^${MONTH} +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})${AFTER}`, "i");
/** As ctime writes: `Mar  2 00:00:00 2026`. */
const YEAR_AT_END = new RegExp(String.raw`^${MONTH} +(\d{1,2}) +${TIME}${ZONE} (\d{4})$`, "i");
const COMPACT = new RegExp(String.raw`^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(?:\.\d+)?${ZONE})?$`, "i");
const WEEKDAY = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? +/i;
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/** Longer texts are no times. */
const TEXT_MAX = 100;
const DAY_MS = 86_400_000;
/** Excel's day 0, with the leap day of 1900 that it takes for real. */
const SERIAL_EPOCH_MS = Date.UTC(1899, 11, 30);
/** 1995 to 2119: a column of only such numbers counts days, or nothing that could be told. */
const SERIAL = { from: 34_700, to: 80_000 } as const;

/** Milliseconds since 1970 of a number, by its size: seconds to 5138, then milliseconds, microseconds and nanoseconds. */
const UNITS = [
  { below: 1e11, perMs: 1e-3 },
  { below: 1e14, perMs: 1 },
  { below: 1e17, perMs: 1e3 },
  { below: 1e20, perMs: 1e6 },
] as const;

/** Whether a text is a number that could count days. */
export const isSerial = (text: string): boolean =>
  NUMBER.test(text) && Number(text) >= SERIAL.from && Number(text) < SERIAL.to;
export const isNumberTime = (text: string): boolean => NUMBER.test(text);

/**
 * Epoch ms of a time: ISO 8601 with or without its T, offsets as PostgreSQL (+00), BigQuery (UTC) and others write them,
 * dates with the year last or the month's name, and numbers since 1970 in seconds to nanoseconds. What names no zone is
 * UTC. "ambiguous" for a date that may be read in two ways; null for what is no time.
 */
export function parseTime(text: string, format: TimeFormat): number | "ambiguous" | null {
  const said = text.trim();
  if (said === "" || said.length > TEXT_MAX) return null;
  const compact = /^(?:19|20)\d{6}(?:\d{6})?$|^\d{8}T/.test(said) ? COMPACT.exec(said) : null;
  if (compact) {
    const [, year, month, day, hour = "0", minute = "0", second = "0", zone] = compact;
    const at = moment([year!, month!, day!], [hour, minute, second, "", ""], zone);
    if (at !== null) return at;
  }
  if (NUMBER.test(said)) return ofNumber(Number(said), format);
  const date = said.replace(WEEKDAY, "");
  let match = YEAR_FIRST.exec(date);
  if (match) return moment([match[1]!, match[3]!, match[4]!], match.slice(5, 10), match[10]);
  match = YEAR_LAST.exec(date);
  if (match) return yearLast(match, format);
  match = DAY_MONTH.exec(date);
  if (match) return moment([match[3]!, monthOf(match[2]!), match[1]!], match.slice(4, 9), match[9]);
  match = MONTH_DAY.exec(date);
  if (match) return moment([match[3]!, monthOf(match[1]!), match[2]!], match.slice(4, 9), match[9]);
  match = YEAR_AT_END.exec(date);
  return match && moment([match[9]!, monthOf(match[1]!), match[2]!], match.slice(3, 8), match[8]);
}

function ofNumber(n: number, { serial }: TimeFormat): number | null {
  // Six digits of a day are a tenth of a second: nothing finer was meant.
  if (serial) return SERIAL_EPOCH_MS + Math.round((n * DAY_MS) / 1_000) * 1_000;
  const unit = UNITS.find(({ below }) => Math.abs(n) < below);
  return unit ? Math.round(n / unit.perMs) : null;
}

/** Which order a date with the year last has by itself; null where both fit. */
export function dateOrderOf(text: string): DateOrder | null {
  const match = YEAR_LAST.exec(text.trim().replace(WEEKDAY, ""));
  if (!match) return null;
  if (match[2] === "." || Number(match[1]) > 12) return "day first";
  return Number(match[3]) > 12 ? "month first" : null;
}

function yearLast(match: RegExpExecArray, { dates }: TimeFormat): number | "ambiguous" | null {
  const [, a, , b, year] = match;
  const own = dateOrderOf(match[0]);
  if (own !== null && dates !== null && own !== dates) return null;
  const order = own ?? dates;
  if (order === null && Number(a) !== Number(b)) return "ambiguous";
  const [day, month] = order === "month first" ? [b!, a!] : [a!, b!];
  return moment([year!.length === 2 ? `20${year}` : year!, month, day], match.slice(5, 10), match[10]);
}

const monthOf = (name: string): string => String(MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1);

/** Epoch ms of a date, time and zone; null where there is no such moment. */
function moment(
  [year, month, day]: [string, string, string],
  [hours = "0", minutes = "0", seconds = "0", fraction = "", half = ""]: readonly (string | undefined)[],
  zone: string | undefined,
): number | null {
  const [y, m, d, mi, s] = [year, month, day, minutes, seconds].map(Number) as [number, number, number, number, number];
  let h = Number(hours);
  if (half) {
    if (h < 1 || h > 12) return null;
    h = (h % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  }
  if (h > 24 || mi > 59 || s > 60) return null;
  const midnight = Date.UTC(y, m - 1, d);
  const date = new Date(midnight);
  if (date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) return null;
  const ms = fraction ? Math.floor(Number(`0.${fraction}`) * 1_000) : 0;
  return midnight + ((h * 60 + mi) * 60 + s) * 1_000 + ms - offsetOf(zone);
}

function offsetOf(zone: string | undefined): number {
  const [, sign, hours, minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? "") ?? [];
  return sign === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
