/** Readings of loosely typed JSON: what is a time, a scalar, a record. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonRecord = { [key: string]: Json };

export const isRecord = (value: Json | undefined): value is JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Numbers of seconds since 1970 from 2001 to 2096; the same in ms, µs and ns are larger by their factor. */
const EPOCH_FROM = 1e9;
const EPOCH_TO = 4e9;
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)? ?(?:Z|[+-]\d\d:?\d\d)?$/i;

/** Epoch seconds of a time as APIs write it (ISO 8601, epoch in s, ms, µs or ns); null for anything else. No zone means UTC. */
export function timeOf(value: Json | undefined): number | null {
  if (typeof value === "number") {
    let seconds = value;
    while (seconds >= EPOCH_TO) seconds /= 1000;
    return seconds >= EPOCH_FROM ? seconds : null;
  }
  if (typeof value !== "string") return null;
  if (/^\d{10,19}(?:\.\d+)?$/.test(value)) return timeOf(Number(value));
  if (!ISO.test(value)) return null;
  const at = Date.parse(withZone(value.trim()));
  return Number.isFinite(at) ? at / 1000 : null;
}

/** ISO 8601 with `T`, a point, at most milliseconds and a zone. */
function withZone(text: string): string {
  const iso = text
    .replace(" ", "T")
    .replace(",", ".")
    .replace(" ", "")
    .replace(/(\.\d{3})\d+/, "$1");
  if (/Z$/i.test(iso) || /T[^T+-]*[+-]\d\d:?\d\d$/.test(iso)) return iso;
  return iso.includes("T") ? `${iso}Z` : `${iso}T00:00:00Z`;
}

const LEADING = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)\]?\s*/;

/** A text's lines with the times they begin with; a line without one has that of the line before it, or `fallback`. */
export function timedLines(text: string, fallback: number | null): { t: number | null; line: string }[] {
  let t = fallback;
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const stamp = LEADING.exec(line);
      const own = stamp === null ? null : timeOf(stamp[1]!);
      if (own === null) return { t, line };
      t = own;
      return { t, line: line.slice(stamp![0].length) };
    })
    .filter(({ line }) => line !== "");
}

/** A number, also one written as text (`"12.5"`, as Prometheus does); null for anything else. */
export function numberOf(value: Json | undefined): number | null {
  const n = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof n === "number" && Number.isFinite(n) ? n : null;
}
