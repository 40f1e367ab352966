import { asName, programOf } from "./identity";
import type { Signal, Source } from "./shape";
import type { Counted } from "./told";

/** Rows of one request: a sender that makes up names must not fill the table with them. */
const MAX_ROWS = 200;

/** Counts a request's records by program, scope, name and what became of them. */
export class Tally {
  readonly #rows = new Map<string, Counted>();

  constructor(private readonly signal: Signal) {}

  /** Counts one record. Returns the row that it is counted in, for whoever finds out later that it was not taken. */
  add(source: Source, name: string, fate: Counted["fate"]): Counted {
    const row = this.#row(programOf(source.resource), asName(source.scope) ?? "", asName(name) ?? "", fate);
    row.records++;
    return row;
  }

  /** The row of these names; of all others beyond the most, one for each fate, without any. */
  #row(program: string, scope: string, name: string, fate: Counted["fate"]): Counted {
    const key = [program, scope, name, fate].join("\n");
    let row = this.#rows.get(key);
    if (row === undefined && this.#rows.size >= MAX_ROWS && program !== "") return this.#row("", "", "", fate);
    if (row === undefined) this.#rows.set(key, (row = { program, scope, signal: this.signal, name, fate, records: 0 }));
    return row;
  }

  rows(): Counted[] {
    return [...this.#rows.values()];
  }
}
