import type { Command } from "commander";

/** The options by which a file's columns are named, as commander gives them. */
export interface ColumnOptions {
  input: string;
  entity: string;
  time: string;
  metrics: string;
  type?: string;
  prompt?: string;
  model?: string;
  success?: string;
  step?: string;
  run?: string;
  action?: string;
  result?: string;
}

/** Adds the options that `backtest` and `replay` share. */
export const withColumns = (command: Command): Command =>
  command
    .requiredOption("--input <file>", ".csv or .jsonl, gzipped or not (.gz)")
    .requiredOption("--entity <column>", "whose row it is")
    .requiredOption("--time <column>", "ISO 8601, or seconds or milliseconds since 1970")
    .requiredOption("--metrics <list>", "columns, comma separated; vital=COLUMN maps a column to a vital")
    .option("--type <column>", "the entity's type")
    .option("--prompt <column>", "hash or version of the prompt")
    .option("--model <column>")
    .option("--success <column>", "true or false")
    .option("--step <column>", "kind of step")
    .option("--run <column>", "run the row belongs to")
    .option("--action <column>", "hash of the action taken")
    .option("--result <column>", "hash of its result");

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
