import type { Row } from "./rows";

/** How the numbers of a file's columns are written, where they are not plain. */
export type NumberStyle = "plain" | "decimal comma" | "thousands comma";

/** Words for "nothing", as databases, spreadsheets and statistics programs write it. */
const NOTHING = /^(?:nan|null|nil|none|na|n\/a|#n\/a|#value!|#div\/0!|undefined|\\n|-+|\?)$/i;

/** A row's cell: the column of that name, else, in JSON, the value at a path such as `usage.prompt_tokens`. */
export function cell(row: Row, column: string): unknown {
  if (Object.hasOwn(row, column)) return row[column];
  let value: unknown = row;
  for (const part of column.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** What a CSV or JSONL cell says, as text without blanks around it; null if it is empty. */
export function text(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const said = typeof value === "string" ? value.trim() : JSON.stringify(value);
  return said === "" ? null : said;
}

/** Whether a cell holds nothing: it is missing, blank, or says so. */
export const isNothing = (value: unknown): boolean => {
  const said = text(value);
  return said === null || NOTHING.test(said);
};

/** A finite number, or null for what is empty; anything else is an error that names the row and the column. */
export function number(value: unknown, row: number, column: string, style: NumberStyle = "plain"): number | null {
  if (isNothing(value)) return null;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") {
    const plain = plainNumber(value.trim(), style);
    const n = plain === null ? Number.NaN : Number(plain);
    if (Number.isFinite(n)) return n;
  }
  throw new Error(`row ${row}: column "${column}" is not a number: ${JSON.stringify(value)?.slice(0, SHOWN)}`);
}

const GROUPED_BY_COMMA = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const GROUPED_BY_POINT = /^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/;
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;
const BLANK_BETWEEN = /(?<=\d)[ \u00a0\u2009\u202f'](?=\d{3}(?!\d))/g;
const SHOWN = 100;

/** The number with a point for the decimals and nothing between its thousands; null where it is not written in the style. */
function plainNumber(said: string, style: NumberStyle): string | null {
  const joined = said.replace(BLANK_BETWEEN, "");
  switch (style) {
    case "plain":
      return joined;
    case "thousands comma":
      return GROUPED_BY_COMMA.test(joined) ? joined.replaceAll(",", "") : joined;
    case "decimal comma":
      if (GROUPED_BY_POINT.test(joined)) return joined.replaceAll(".", "").replace(",", ".");
      if (DECIMAL_COMMA.test(joined)) return joined.replace(",", ".");
      return joined.includes(".") ? null : joined;
  }
}

/** What one number with a comma in it says of how numbers are written; null for one without. */
export function commaOf(said: string): "decimal" | "thousands" | "either" | null {
  const joined = said.trim().replace(BLANK_BETWEEN, "");
  if (!joined.includes(",")) return /^[+-]?\d{1,3}(?:\.\d{3}){2,}$/.test(joined) ? "decimal" : null;
  if (GROUPED_BY_COMMA.test(joined)) {
    const many = joined.indexOf(",") !== joined.lastIndexOf(",") || joined.includes(".");
    return many ? "thousands" : /^[+-]?0/.test(joined) ? "decimal" : "either";
  }
  return DECIMAL_COMMA.test(joined) || GROUPED_BY_POINT.test(joined) ? "decimal" : null;
}

const YES = new Set(["1", "true", "t", "yes", "y", "ok", "success", "succeeded"]);
const NO = new Set(["0", "false", "f", "no", "n", "error", "fail", "failed", "failure"]);

/** Yes or no in any of the usual words; null if it is empty. `flag`: what named the column. */
export function truth(value: unknown, row: number, column: string, flag = "--success"): boolean | null {
  if (isNothing(value)) return null;
  const word = text(value)!
    .toLowerCase()
    .replace(/^([01])\.0+$/, "$1");
  if (YES.has(word)) return true;
  if (NO.has(word)) return false;
  throw new Error(
    `row ${row}: column "${column}" (${flag}) is neither true nor false: ${JSON.stringify(value)?.slice(0, SHOWN)}`,
  );
}
