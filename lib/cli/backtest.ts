import { writeFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { Backtest, type BacktestReport, runEnds } from "@/lib/evals/detection/backtest";
import { type Columns, isVital } from "@/lib/evals/detection/columns";
import { type Row, rowsOf } from "@/lib/evals/detection/rows";
import { METRICS } from "@/lib/core/vocabulary";

interface Flags {
  input: string;
  entity: string;
  time: string;
  metrics: Columns["metrics"];
  type?: string;
  prompt?: string;
  model?: string;
  success?: string;
  step?: string;
  run?: string;
  action?: string;
  result?: string;
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
  program
    .command("backtest")
    .description("what would have fired on a file of past samples")
    .requiredOption("--input <file>", ".csv or .jsonl, may be gzipped (.gz)")
    .requiredOption("--entity <column>", "column with the agent's or server's name")
    .requiredOption("--time <column>", "column with the time")
    .requiredOption("--metrics <list>", "columns to judge: a,b,vital=COLUMN", parseMetrics)
    .option("--type <column>", "column with the agent's type: newcomers lean on others of their type")
    .option("--prompt <column>", "column with the prompt's hash or version")
    .option("--model <column>", "column with the model")
    .option("--success <column>", "column with success: true or false, 1 or 0")
    .option("--step <column>", "column with the kind of step")
    .option("--run <column>", "column with the run's id")
    .option("--action <column>", "column with a hash of the action taken")
    .option("--result <column>", "column with a hash of its result")
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
  const columns: Columns = flags;
  const ends = flags.run === undefined ? new Set<number>() : await runEnds(rowsOf(flags.input), columns);
  const run = new Backtest({ columns, arl: flags.arl, learnRows: flags.learnRows }, ends);
  let first = true;
  for await (const row of rowsOf(flags.input)) {
    if (first) checkColumns(row, flags);
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
function checkColumns(row: Row, flags: Flags): void {
  const strict = !/\.jsonl(\.gz)?$/.test(flags.input);
  const has = (column: string) => column in row;
  const known = Object.keys(row).join(", ");
  for (const flag of COLUMN_FLAGS) {
    const column = flags[flag];
    if (column === undefined || has(column) || (!strict && flag !== "entity" && flag !== "time")) continue;
    throw new Error(`--${flag}: no column "${column}" in ${flags.input}; it has ${known}`);
  }
  for (const { column } of flags.metrics) {
    if (strict && !has(column)) throw new Error(`--metrics: no column "${column}" in ${flags.input}; it has ${known}`);
  }
}

function parseMetrics(list: string): Columns["metrics"] {
  return list.split(",").map((item) => {
    const [name, column] = item.split("=", 2).map((part) => part.trim());
    if (!name) throw new InvalidArgumentError(`an entry is empty in "${list}"`);
    if (column === undefined) return { name, column: name, vital: isVital(name) };
    if (!isVital(name))
      throw new InvalidArgumentError(`"${name}" in "${item}" is no vitals field; they are ${METRICS.join(", ")}`);
    if (column === "") throw new InvalidArgumentError(`no column after "${name}="`);
    return { name, column, vital: true };
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
