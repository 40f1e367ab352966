import { writeFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { Backtest, type BacktestReport, runEnds } from "@/lib/evals/detection/backtest";
import { type Columns, isVital, VITAL_FIELDS } from "@/lib/evals/detection/columns";
import { readInOrder } from "@/lib/evals/detection/in-order";
import type { Reading } from "@/lib/evals/detection/survey";
import { METRICS } from "@/lib/core/base/vocabulary";
import { backtestStored, linesOf, type StoredFlags } from "./backtest-stored";
import { type ColumnOptions, columnsOf, parseMetrics, withColumns } from "./columns";

interface Flags extends ColumnOptions {
  arl?: number;
  learnRows?: number;
  json: string;
}

interface Stored extends StoredFlags {
  stored?: boolean;
  json?: string;
}

/** Settings below this would alarm on every other coffee break; they are typing errors. */
const ARL_MIN = 100;

const HELP = `
Runs the production baseline and detection code over a file, row by row, and writes what would have fired. Needs no database.

With --stored instead of --input: replays the events that this Sentinel has stored, under the current settings and under changed ones, and prints what would have differed (quarantines, approvals, delays). The database is only read. --set names a setting of the fleet as the API does
(arl, threshold, limits.per_hour, fleet_check.min_share …); --mode, --threshold, --allows and --floor are those of agent types.

Rows count from 0 in file order; rows of different entities may interleave, and are evaluated in time order.
Times are ISO 8601 (UTC without a zone), another date with its year, or seconds to nanoseconds since 1970.
In JSON lines, a path such as usage.prompt_tokens is a column. Without --run and --step every row is a whole run. With
--run, a run ends at its last row.

--metrics takes columns, separated by commas. A column named like a vitals field, or given as vital=COLUMN, is evaluated as that metric; any other numeric column is a gauge: two-sided, seasonal by hour and weekday where the data shows it, or, with only a few distinct values, evaluated by how often each occurs. Without --arl each gauge may raise one false alarm a month, whatever its sampling interval. Vitals: ${[...METRICS, ...VITAL_FIELDS].join(", ")}.

would: "quarantine" is what a single agent would have been quarantined for (a file has no fleet to check for a shared cause), "watch" is what would only have been recorded.

Example:
  sentinel backtest --input calls.csv.gz --entity agent --time ts --run task --step kind \\
    --metrics input_tokens,output_tokens,cost,retries=attempt --json out.json
  sentinel backtest --stored --days 7 --set arl=100000
  sentinel backtest --stored --types Research --mode act --allows none,reversible
`;

/** Adds `backtest` to the command line. */
export function registerBacktest(program: Command): void {
  const command = withColumns(program.command("backtest"))
    .description("What would have fired on a file of past samples, or on stored events under other settings")
    .option("--arl <samples>", "average samples between false quarantines, per entity", parseArl)
    .option("--learn-rows <rows>", "first rows of each entity that are used for learning only", parseRows)
    .requiredOption("--json <file>", "where to write {alarms, summary}; with --stored, the whole result")
    .option("--stored", "replay stored events under changed settings, instead of a file")
    .option("--days <n>", "days to compare (--stored); by default 7")
    .option("--set <name=value...>", "a fleet setting to change (--stored)")
    .option("--types <list>", "agent types that the options below change (--stored); by default all")
    .option("--mode <mode>", "observe, recommend or act (--stored)")
    .option("--threshold <severity>", "severity from which approval is required (--stored)")
    .option("--allows <risks>", "risks that may run without approval, comma separated (--stored)")
    .option("--floor <n>", "minimum healthy agents of the type (--stored)")
    .addHelpText("after", HELP);
  // What a file needs, stored events do not: it is asked for once it is known which of them is meant.
  const ofFiles = command.options.filter(({ mandatory }) => mandatory);
  for (const option of ofFiles) option.mandatory = false;
  command.action(async (flags: Flags & Stored) => {
    if (flags.stored) return stored(flags);
    const missing = ofFiles.find((option) => command.getOptionValue(option.attributeName()) === undefined);
    if (missing) command.error(`error: required option '${missing.flags}' not specified`);
    const { report, notes } = await backtest(flags);
    await writeFile(flags.json, `${JSON.stringify(report)}\n`);
    const { rows, entities, quarantined, alarms } = report.summary;
    const figures = `${alarms.quarantine} quarantines (${quarantined} entities), ${alarms.watch} watches`;
    process.stdout.write(`${rows} rows, ${entities} entities: ${figures}\n`);
    for (const note of notes) process.stdout.write(`note: ${note}\n`);
  });
}

async function stored(flags: Stored): Promise<void> {
  const answer = await backtestStored(flags);
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(answer)}\n`);
  process.stdout.write(`${linesOf(answer).join("\n")}\n`);
}

async function backtest(flags: Flags): Promise<{ report: BacktestReport; notes: string[] }> {
  const { dates, ...rest } = flags;
  const columns: Columns = { ...columnsOf(rest), metrics: metricsOf(flags.metrics) };
  const { reading, rows } = await readInOrder(flags.input, columns, { dates });
  const ends = flags.run === undefined ? new Set<number>() : await runEnds(rows(), columns);
  const run = new Backtest({ columns, arl: flags.arl, learnRows: flags.learnRows, written: reading }, ends);
  for await (const { row, index } of rows()) run.feed(row, index);
  const report = run.report();
  return { report, notes: notesOf(reading, report) };
}

/** What a person has to know to believe the figures. */
function notesOf({ order, times, numbers }: Reading, { summary }: BacktestReport): string[] {
  const commas = [...numbers].filter(([, style]) => style !== "plain");
  return [
    order === "newest first" ? "the file is sorted newest first and was evaluated from its end" : "",
    order === "mixed" ? "the rows are not in time order and were sorted" : "",
    times.serial ? "times were read as a spreadsheet's days" : "",
    times.dates === null ? "" : `dates were read with the ${times.dates}`,
    ...commas.map(([column, style]) => `"${column}" was read with a ${style}`),
    summary.judged === 0
      ? "nothing was evaluated: every row was needed to learn the baseline, so the absence of alarms means nothing here"
      : "",
  ].filter((note) => note !== "");
}

/** A column that is mapped is a vital; one named like a vital is that vital; any other is a gauge. */
function metricsOf(list: string): Columns["metrics"] {
  return parseMetrics(list).map(({ name, column }) => {
    if (name !== column && !isVital(name))
      throw new Error(
        `--metrics: "${name}" in "${name}=${column}" is not a vitals field; valid fields: ${[...METRICS, ...VITAL_FIELDS].join(", ")}`,
      );
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
