import { asName, programOf } from "./identity";
import type { Signal, Source } from "./shape";
import type { Counted } from "./told";

/** Rows of one request: a sender that makes up names must not fill the table with them. */
const MAX_ROWS = 200;

/** Counts a request's records by program, scope, name and what became of them. */
export class Tally {
  readonly #rows = new Map<string, Counted>();

  constructor(private readonly signal: Signal) {}

  add(source: Source, name: string, fate: Counted["fate"]): void {
    const program = programOf(source.resource);
    const scope = asName(source.scope) ?? "";
    const named = name === "" ? "" : (asName(name) ?? "");
    let key = `${program}\n${scope}\n${named}\n${fate}`;
    let row = this.#rows.get(key);
    if (!row && this.#rows.size >= MAX_ROWS) {
      key = fate;
      row = this.#rows.get(key);
      if (!row)
        this.#rows.set(key, (row = { program: "", scope: "", signal: this.signal, name: "", fate, records: 0 }));
    }
    if (!row) this.#rows.set(key, (row = { program, scope, signal: this.signal, name: named, fate, records: 0 }));
    row.records++;
  }

  rows(): Counted[] {
    return [...this.#rows.values()];
  }
}
