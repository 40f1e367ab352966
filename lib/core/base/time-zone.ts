/**
 * Offsets of zone abbreviations in minutes east of UTC: those that the tz database still uses, and German Java's. Where one
 * name has several meanings, the most widely used one comes first.
 */
const ABBREVIATIONS: Readonly<Record<string, readonly number[]>> = {
  Z: [0], UTC: [0], UCT: [0], GMT: [0], WET: [0],
  WEST: [60], CET: [60], MEZ: [60], WAT: [60], BST: [60, 360],
  CEST: [120], MESZ: [120], EET: [120], CAT: [120], SAST: [120],
  EEST: [180], MSK: [180], EAT: [180], IDT: [180],
  PKT: [300], IST: [330, 120, 60], WIB: [420], HKT: [480], SGT: [480], AWST: [480], WITA: [480],
  JST: [540], KST: [540], WIT: [540], ACST: [570], ACDT: [630], AEST: [600], AEDT: [660], NZST: [720], NZDT: [780],
  NST: [-210], NDT: [-150], AST: [-240], ADT: [-180], EST: [-300], EDT: [-240], CST: [-360, 480, -300], CDT: [-300, -240],
  MST: [-420], MDT: [-360], PST: [-480, 480], PDT: [-420], AKST: [-540], AKDT: [-480], HST: [-600], HDT: [-540],
}; // prettier-ignore
/** No place on earth is further from UTC, in minutes. */
const FURTHEST = 14 * 60;
/** Offsets of a zone that are kept; a quarter of an hour each, so a month of one zone's logs. */
const KEPT = 3_000;
const QUARTER_MS = 900_000;

/** Converts local times of one IANA zone to UTC. */
export interface Zone {
  /** Minutes east of UTC at such a local time, given as if it were UTC, in epoch ms. Of an hour that comes twice, the first. */
  offsetAt(localMs: number): number;
}

export const UTC: Zone = { offsetAt: () => 0 };

const zones = new Map<string, Zone | null>();
/** Zones named in logs are untrusted text: no more of them than this are remembered. */
const ZONES = 100;

/** The zone of an IANA name; null when there is none of that name. */
export function zoneOf(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (zones.size >= ZONES) zones.clear();
  const zone = createZone(name);
  zones.set(name, zone);
  return zone;
}

/** Whether there is a time zone of this IANA name. */
export const isZone = (name: string): boolean => zoneOf(name) !== null;

/** A moment as the clocks and the calendar of a zone show it. */
export interface LocalTime {
  year: number;
  /** 1 to 12. */
  month: number;
  /** Of the month. */
  day: number;
  /** 0 to 6, from Monday on. */
  weekday: number;
  /** Of the day. */
  minute: number;
}

const clocks = new Map<string, Intl.DateTimeFormat>();
const WEEKDAYS: Readonly<Record<string, number>> = { Mon: 0, Tue: 1, Wed: 2, Thu: 3, Fri: 4, Sat: 5, Sun: 6 };

/** What a zone of this IANA name shows at a moment, epoch ms; null when there is none of that name. */
export function localTimeAt(name: string, at: number): LocalTime | null {
  let clock = clocks.get(name);
  if (clock === undefined) {
    if (!isZone(name)) return null;
    if (clocks.size >= ZONES) clocks.clear();
    clock = createClock(name);
    clocks.set(name, clock);
  }
  const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const number = (type: "year" | "month" | "day" | "hour" | "minute") => Number(parts[type]);
  return {
    year: number("year"),
    month: number("month"),
    day: number("day"),
    weekday: WEEKDAYS[parts["weekday"] ?? ""]!,
    minute: 60 * number("hour") + number("minute"),
  };
}

const createClock = (name: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    calendar: "gregory",
    weekday: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });

function createZone(name: string): Zone | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  } catch {
    return null;
  }
  const offsets = new Map<number, number>();
  const utcOffset = (ms: number): number => {
    const quarter = Math.floor(ms / QUARTER_MS);
    const kept = offsets.get(quarter);
    if (kept !== undefined) return kept;
    const text = format.formatToParts(quarter * QUARTER_MS).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const offset = numericOffset(text.replace("GMT", "")) ?? 0;
    if (offsets.size >= KEPT) offsets.clear();
    offsets.set(quarter, offset);
    return offset;
  };
  return {
    offsetAt(localMs) {
      // A zone moves its clocks by an hour or so: one of the offsets a day before and after holds at the time itself.
      const before = utcOffset(localMs - 86_400_000);
      if (utcOffset(localMs - before * 60_000) === before) return before;
      const after = utcOffset(localMs + 86_400_000);
      return utcOffset(localMs - after * 60_000) === after ? after : before;
    },
  };
}

/** Minutes of `+03`, `-0530`, `+05:30` or DB2's `+120`; null for what is no offset on earth. */
function numericOffset(text: string): number | null {
  const match = /^([+-])(?:(\d{2})(?::?(\d{2}))?|(\d{3}))$/.exec(text.replace("\u2212", "-"));
  if (!match) return null;
  const minutes = match[4] === undefined ? Number(match[2]) * 60 + Number(match[3] ?? 0) : Number(match[4]);
  return minutes > FURTHEST ? null : match[1] === "-" ? -minutes : minutes;
}

/**
 * Minutes east of UTC of a zone as logs write it: `Z`, an offset, `GMT+2`, an abbreviation or an IANA name; null for what is
 * none of them. An abbreviation with several meanings is the one that holds in `here`, if one does.
 */
export function offsetOf(text: string, localMs: number, here: Zone): number | null {
  if (text.includes("/")) return zoneOf(text)?.offsetAt(localMs) ?? null;
  const meanings = Object.hasOwn(ABBREVIATIONS, text) ? ABBREVIATIONS[text]! : undefined;
  if (meanings) {
    const local = here.offsetAt(localMs);
    return meanings.includes(local) ? local : meanings[0]!;
  }
  const numbers = /^(?:UTC|GMT)?([+-]\d{1,2}(?::?\d{2})?|[+-]\d{3})$/.exec(text)?.[1];
  if (numbers === undefined) return null;
  return numericOffset(numbers.replace(/^([+-])(\d)(?=$|:)/, "$10$2"));
}
