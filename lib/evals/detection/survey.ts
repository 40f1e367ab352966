import { cell, commaOf, isNothing, type NumberStyle, text } from "./cells";
import type { Columns } from "./columns";
import type { Row } from "./rows";
import { type DateOrder, dateOrderOf, isNumberTime, isSerial, parseTime, PLAIN_TIMES, type TimeFormat } from "./times";

/** How a file is to be read: what only all of its rows together say. */
export interface Reading {
  rows: number;
  times: TimeFormat;
  /** How the numbers of a column are written; plain where it is not listed. */
  numbers: ReadonlyMap<string, NumberStyle>;
  /** `forward`: the rows of each entity are in the order of their times. Otherwise they have to be put in order. */
  order: "forward" | "newest first" | "mixed";
}

/** The options that name columns, in the order in which they are asked for. */
const COLUMN_FLAGS = [
  "entity",
  "time",
  "type",
  "prompt",
  "model",
  "success",
  "step",
  "run",
  "action",
  "result",
] as const;
/** Columns that are listed where one is not found. */
const LISTED = 40;
/** Share of steps back in time beyond which rows are not in order: calls that overlap are written as they end. */
const DISORDER = 0.01;
/** Digits of an id that a spreadsheet turned into a number are lost. */
const LOST_DIGITS = /^\d(?:[.,]\d+)?e\+(?:1[4-9]|[2-9]\d)$/i;

/** Goes through all rows once. Throws an error that names the option and the column for what cannot be read in one way only. */
export class Survey {
  private rows = 0;
  private readonly names = new Set<string>();
  private readonly found = new Map<string, { cells: number; values: number }>();
  private readonly numbers = new Map<string, NumberEvidence>();
  private readonly time = new TimeEvidence();

  constructor(
    private readonly columns: Columns,
    private readonly input: string,
    private readonly given: { dates?: DateOrder | null } = {},
  ) {
    for (const column of this.wanted().keys()) this.found.set(column, { cells: 0, values: 0 });
    for (const { column } of columns.metrics) this.numbers.set(column, new NumberEvidence());
  }

  /** Columns by name, with the option that asked for each. */
  private wanted(): Map<string, string> {
    const { columns } = this;
    const flags = COLUMN_FLAGS.flatMap((flag) =>
      columns[flag] === undefined ? [] : [[columns[flag], `--${flag}`] as const],
    );
    return new Map([...columns.metrics.map(({ column }) => [column, "--metrics"] as const), ...flags]);
  }

  see(row: Row): void {
    if (this.names.size < LISTED) noteNames(row, this.names);
    for (const [column, seen] of this.found) {
      const value = cell(row, column);
      if (value === undefined) continue;
      seen.cells++;
      if (!isNothing(value)) seen.values++;
    }
    for (const [column, evidence] of this.numbers) evidence.see(cell(row, column));
    const entity = text(cell(row, this.columns.entity));
    if (entity !== null && LOST_DIGITS.test(entity))
      throw new Error(
        `--entity: row ${this.rows}: column "${this.columns.entity}" holds ${entity}, a long number of which a spreadsheet lost the digits: entities cannot be told apart`,
      );
    this.time.see(entity, text(cell(row, this.columns.time)));
    this.rows++;
  }

  end(): Reading {
    const { input } = this;
    if (this.rows === 0) throw new Error(`--input ${input}: no rows`);
    for (const [column, flag] of this.wanted()) {
      const { cells, values } = this.found.get(column)!;
      if (cells === 0)
        throw new Error(
          `${flag}: no column "${column}" in ${input}; it has ${[...this.names].slice(0, LISTED).join(", ")}`,
        );
      if (values === 0) throw new Error(`${flag}: column "${column}" is empty in all ${this.rows} rows of ${input}`);
    }
    const evidence = [...this.numbers.values()];
    const commas = evidence.some((one) => one.decimal > 0);
    const numbers = new Map([...this.numbers].map(([column, one]) => [column, one.style(column, commas)]));
    return { rows: this.rows, numbers, ...this.time.end(this.columns.time, this.given.dates ?? null) };
  }
}

/** Names of the columns of a row; of nested JSON, paths. */
function noteNames(row: Row, names: Set<string>, before = "", depth = 0): void {
  for (const [name, value] of Object.entries(row)) {
    if (names.size >= LISTED) return;
    const path = before + name;
    if (depth < 3 && typeof value === "object" && value !== null && !Array.isArray(value))
      noteNames(value as Row, names, `${path}.`, depth + 1);
    else names.add(path);
  }
}

class NumberEvidence {
  decimal = 0;
  private thousands = 0;
  private either: string | null = null;
  private points = 0;
  private grouped = 0;

  see(value: unknown): void {
    if (typeof value !== "string") return;
    const comma = commaOf(value);
    if (comma === "decimal") this.decimal++;
    else if (comma === "thousands") this.thousands++;
    else if (comma === "either") this.either ??= value.trim();
    else if (/^\s*[+-]?\d{1,3}\.\d{3}\s*$/.test(value)) this.grouped++;
    else if (/\d\.\d|^\s*\.\d/.test(value)) this.points++;
  }

  style(column: string, commas: boolean): NumberStyle {
    const { decimal, thousands, either, points, grouped } = this;
    if (decimal > 0 && (thousands > 0 || points > 0))
      throw new Error(`--metrics: column "${column}" has numbers with a decimal comma and others with a decimal point`);
    if (decimal > 0) return "decimal comma";
    if (thousands > 0 || (either !== null && points > 0)) return "thousands comma";
    if (either !== null) {
      if (commas) return "decimal comma";
      throw new Error(
        `--metrics: column "${column}" holds ${either}, which may mean ${either.replace(",", "")} or ${either.replace(",", ".")}: write it without a comma`,
      );
    }
    return grouped > 0 && points === 0 && commas ? "decimal comma" : "plain";
  }
}

class TimeEvidence {
  private numeric = 0;
  private serial = 0;
  private ambiguous: string | null = null;
  private readonly orders = new Map<DateOrder, string>();
  /** What the rows' order would be under each reading of their dates. */
  private readonly steps = { "day first": new Steps(), "month first": new Steps() };

  see(entity: string | null, said: string | null): void {
    if (entity === null || said === null) return;
    if (isNumberTime(said)) {
      this.numeric++;
      if (isSerial(said)) this.serial++;
    }
    const order = dateOrderOf(said);
    if (order !== null && !this.orders.has(order)) this.orders.set(order, said);
    if (parseTime(said, PLAIN_TIMES) === "ambiguous") this.ambiguous ??= said;
    for (const dates of ["day first", "month first"] as const) {
      const at = parseTime(said, { ...PLAIN_TIMES, dates });
      if (typeof at === "number") this.steps[dates].see(entity, at);
    }
  }

  end(column: string, given: DateOrder | null): Pick<Reading, "times" | "order"> {
    const dates = this.ambiguous === null ? (given ?? [...this.orders.keys()][0] ?? null) : this.datesOf(column, given);
    const serial = this.numeric > 0 && this.serial === this.numeric;
    return { times: { serial, dates }, order: this.steps[dates ?? "day first"].order() };
  }

  private datesOf(column: string, given: DateOrder | null): DateOrder {
    if (given !== null) return given;
    const [first, second] = [...this.orders.values()];
    if (second !== undefined)
      throw new Error(`--time: column "${column}" has ${first} and ${second}: days first and months first`);
    const [own] = this.orders.keys();
    if (own !== undefined) return own;
    const forward = (["day first", "month first"] as const).filter((dates) => this.steps[dates].order() !== "mixed");
    if (forward.length === 1) return forward[0]!;
    throw new Error(
      `--time: column "${column}" holds ${this.ambiguous}, which may be read with the day or the month first: say --dates dmy or --dates mdy`,
    );
  }
}

/** Steps in time from each row of an entity to its next. */
class Steps {
  private up = 0;
  private down = 0;
  private readonly last = new Map<string, number>();

  see(entity: string, at: number): void {
    const before = this.last.get(entity);
    if (before !== undefined && at > before) this.up++;
    if (before !== undefined && at < before) this.down++;
    this.last.set(entity, at);
  }

  order(): Reading["order"] {
    const { up, down } = this;
    if (down <= DISORDER * (up + down)) return "forward";
    return up <= DISORDER * (up + down) ? "newest first" : "mixed";
  }
}
