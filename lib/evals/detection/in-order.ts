import { cell } from "./cells";
import { type Columns, timeOf } from "./columns";
import { type Placed, placed } from "./backtest";
import { rowsOf } from "./rows";
import { type Reading, Survey } from "./survey";
import type { DateOrder } from "./times";

/** A file as it is to be read, and its rows, the oldest first. They may be asked for several times. */
export interface InOrder {
  reading: Reading;
  rows: () => AsyncGenerator<Placed>;
}

/**
 * Goes through a file once to learn how it is to be read, and hands its rows over in the order of their times: as they
 * come where they are in order, else sorted in memory (rows of one moment as they stood; backwards where the whole file
 * goes backwards). Throws an error that names the option and the column.
 */
export async function readInOrder(
  input: string,
  columns: Columns,
  given: { dates?: DateOrder | null } = {},
): Promise<InOrder> {
  const { metrics, ...flags } = columns;
  const used = new Set([...Object.values(flags), ...metrics.map(({ column }) => column)]);
  const survey = new Survey(columns, input, given);
  for await (const row of rowsOf(input, used)) survey.see(row);
  const reading = survey.end();
  if (reading.order === "forward") return { reading, rows: () => placed(rowsOf(input, used)) };
  const timed: (Placed & { at: number })[] = [];
  for await (const { row, index } of placed(rowsOf(input, used)))
    timed.push({ row, index, at: timeOf(cell(row, columns.time), index, columns.time, reading.times) });
  if (reading.order === "newest first") timed.reverse();
  timed.sort((a, b) => a.at - b.at);
  return {
    reading,
    async *rows() {
      yield* timed;
    },
  };
}
