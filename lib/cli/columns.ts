import { type Command, InvalidArgumentError } from "commander";
import type { Columns } from "@/lib/evals/detection/columns";
import type { DateOrder } from "@/lib/evals/detection/times";

/** The options by which a file's columns are named, as commander gives them. */
export interface ColumnOptions extends Omit<Columns, "metrics"> {
  input: string;
  metrics: string;
  dates?: DateOrder;
}

/** Adds the options that `backtest` and `replay` share. */
export const withColumns = (command: Command): Command =>
  command
    .requiredOption("--input <file>", ".csv (.tsv) or .jsonl (.ndjson), gzipped or not (.gz)")
    .requiredOption("--entity <column>", "entity that the row belongs to")
    .requiredOption("--time <column>", "ISO 8601 or another date with its year, or seconds to nanoseconds since 1970")
    .option("--dates <order>", "dmy or mdy: which comes first in dates such as 02/03/2026", parseDates)
    .requiredOption("--metrics <list>", "columns, comma separated; vital=COLUMN maps a column to a vital")
    .option("--type <column>", "the entity's type")
    .option("--prompt <column>", "hash or version of the prompt")
    .option("--model <column>")
    .option("--success <column>", "true or false")
    .option("--step <column>", "kind of step")
    .option("--run <column>", "run the row belongs to")
    .option("--action <column>", "hash of the action taken")
    .option("--result <column>", "hash of its result");

function parseDates(value: string): DateOrder {
  if (value === "dmy") return "day first";
  if (value === "mdy") return "month first";
  throw new InvalidArgumentError("must be dmy or mdy");
}

/** `a,b,vital=COLUMN` as names and columns. Throws naming --metrics. */
export function parseMetrics(list: string): { name: string; column: string }[] {
  const items = list.split(",").map((item) => item.trim());
  return items.map((item) => {
    const [name = "", column = name, ...rest] = item.split("=").map((part) => part.trim());
    if (!name || !column || rest.length > 0)
      throw new Error(`--metrics: ${JSON.stringify(item)} is neither COLUMN nor vital=COLUMN`);
    return { name, column };
  });
}

/** The columns that are named by an option of their own. */
export const columnsOf = ({
  entity,
  time,
  type,
  prompt,
  model,
  success,
  step,
  run,
  action,
  result,
}: ColumnOptions) => ({
  entity,
  time,
  type,
  prompt,
  model,
  success,
  step,
  run,
  action,
  result,
});
