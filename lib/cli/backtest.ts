import { writeFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { Backtest, type BacktestReport, runEnds } from "@/lib/evals/detection/backtest";
import { type Columns, isVital } from "@/lib/evals/detection/columns";
import { type Row, rowsOf } from "@/lib/evals/detection/rows";
import { METRICS } from "@/lib/core/vocabulary";
import { type ColumnOptions, parseMetrics, withColumns } from "./columns";

interface Flags extends ColumnOptions {
  arl?: number;
  learnRows?: number;
  json: string;
}

/** Settings below this would alarm on every other coffee break; they are typing errors. */
const ARL_MIN = 100;

const HELP = `
Runs the real baseline and detection code over a file, row by row, and writes what would have fired. No database.

Rows count from 0 in file order; rows of different entities may interleave. Times are ISO 8601, or epoch seconds or
milliseconds. Without --run and --step every row is a whole run. With --run, a run ends at its last row.

--metrics takes columns, separated by commas. A column named like a vitals field, or given as vital=COLUMN, is judged as
that metric; any other numeric column is a gauge: two-sided, with the hour of the day and the day of the week where the
times show them. Vitals: ${METRICS.join(", ")}.

would: "quarantine" is what a lone agent would have been held for (there is no fleet in a file to ask about a common
cause), "watch" is what would only have been noted.

Example:
  sentinel backtest --input calls.csv.gz --entity agent --time ts --run task --step kind \\
    --metrics input_tokens,output_tokens,cost,retries=attempt --json out.json
`;

/** Adds `backtest` to the command line. */
export function registerBacktest(program: Command): void {
  withColumns(program.command("backtest"))
    .description("what would have fired on a file of past samples")
    .option("--arl <samples>", "expected samples between false quarantines per entity", parseArl)
    .option("--learn-rows <rows>", "first rows of each entity that are only learned from", parseRows)
    .requiredOption("--json <file>", "where to write {alarms, summary}")
    .addHelpText("after", HELP)
    .action(async (flags: Flags) => {
      const report = await backtest(flags);
      await writeFile(flags.json, `${JSON.stringify(report)}\n`);
      const { rows, entities, quarantined, alarms } = report.summary;
      process.stdout.write(
        `${rows} rows, ${entities} entities: ${alarms.quarantine} quarantines (${quarantined} entities), ${alarms.watch} watches\n`,
      );
    });
}

async function backtest(flags: Flags): Promise<BacktestReport> {
  const columns: Columns = { ...flags, metrics: metricsOf(flags.metrics) };
  const ends = flags.run === undefined ? new Set<number>() : await runEnds(rowsOf(flags.input), columns);
  const run = new Backtest({ columns, arl: flags.arl, learnRows: flags.learnRows }, ends);
  let first = true;
  for await (const row of rowsOf(flags.input)) {
    if (first) checkColumns(row, flags.input, columns);
    first = false;
    run.feed(row);
  }
  if (first) throw new Error(`--input ${flags.input}: no rows`);
  return run.report();
}

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

/** Every named column must be in the file. A JSON line may lack a value, so there only the required ones are checked. */
function checkColumns(row: Row, input: string, columns: Columns): void {
  const strict = !/\.jsonl(\.gz)?$/.test(input);
  const has = (column: string) => column in row;
  const known = Object.keys(row).join(", ");
  for (const flag of COLUMN_FLAGS) {
    const column = columns[flag];
    if (column === undefined || has(column) || (!strict && flag !== "entity" && flag !== "time")) continue;
    throw new Error(`--${flag}: no column "${column}" in ${input}; it has ${known}`);
  }
  for (const { column } of columns.metrics) {
    if (strict && !has(column)) throw new Error(`--metrics: no column "${column}" in ${input}; it has ${known}`);
  }
}

/** A column that is mapped is a vital; one named like a vital is that vital; any other is a gauge. */
function metricsOf(list: string): Columns["metrics"] {
  return parseMetrics(list).map(({ name, column }) => {
    if (name !== column && !isVital(name))
      throw new Error(`--metrics: "${name}" in "${name}=${column}" is no vitals field; they are ${METRICS.join(", ")}`);
    return { name, column, vital: isVital(name) };
  });
}

function parseArl(value: string): number {
  const n = Number(value);
  if (!Number.isFinite(n) || n < ARL_MIN)
    throw new InvalidArgumentError(`must be a number of samples, at least ${ARL_MIN}`);
  return n;
}

function parseRows(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError("must be a whole number of rows, 0 or more");
  return n;
}
