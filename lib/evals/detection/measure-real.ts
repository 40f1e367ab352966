import { join } from "node:path";
import { Backtest, placed, runEnds } from "./backtest";
import type { Columns } from "./columns";
import { type Row, rowsOf } from "./rows";
import { holds, untouched } from "./measure-untouched";
import { type Line, percent, quantile, shareWithin } from "./table";

/** All rows of a file of the data directory. */
export async function load(data: string, file: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of rowsOf(join(data, file))) rows.push(row);
  return rows;
}

export const vital = (name: string, column = name) => ({ name, column, vital: true });

/** Real requests of one service, dealt to so many agents in turn. */
const AZURE_AGENTS = 22;
const AZURE_HEALTHY = 300;
const AZURE_METRICS = [vital("input_tokens", "ContextTokens"), vital("output_tokens", "GeneratedTokens")];

export async function azure(data: string): Promise<Line[]> {
  const rows = await load(data, "azure_llm_2023/AzureLLMInferenceTrace_code.csv.gz");
  const quarantined = dealt(rows, 1_000_000, 1).filter((first) => first !== null).length;
  const tripled = (arl: number, limit: number, median: number): Line => {
    const delays = dealt(rows, arl, 3).map((first) =>
      first === null || first < AZURE_HEALTHY ? null : first - AZURE_HEALTHY + 1,
    );
    const share = shareWithin(delays, limit);
    return {
      what: `both columns tripled from sample ${AZURE_HEALTHY} on, --arl ${arl}`,
      target: `90 % within ${limit}, median at most ${median}`,
      measured: `${percent(share)}, median ${quantile(delays, 0.5)}`,
      met: share >= 0.9 && (quantile(delays, 0.5) ?? limit) <= median,
    };
  };
  return [
    {
      what: `unmodified: agents quarantined (of ${AZURE_AGENTS})`,
      target: "0",
      measured: String(quarantined),
      met: quarantined === 0,
    },
    ...untouched("requests", rows, { time: "TIMESTAMP", metrics: AZURE_METRICS }, null),
    tripled(1_000_000, 40, 20),
    tripled(10_000, 20, 12),
  ];
}

/** Sample of the first quarantine per agent; with a fault, of the first one since it began. */
function dealt(rows: Row[], arl: number, factor: number): (number | null)[] {
  const run = new Backtest({ columns: { entity: "agent", time: "TIMESTAMP", metrics: AZURE_METRICS }, arl });
  const first: (number | null)[] = Array.from({ length: AZURE_AGENTS }, () => null);
  rows.forEach((row, i) => {
    const agent = i % AZURE_AGENTS;
    const sample = Math.floor(i / AZURE_AGENTS);
    const by = sample >= AZURE_HEALTHY ? factor : 1;
    const alarms = run.feed({
      ...row,
      agent,
      ContextTokens: Number(row["ContextTokens"]) * by,
      GeneratedTokens: Number(row["GeneratedTokens"]) * by,
    });
    const counts = factor === 1 || sample >= AZURE_HEALTHY;
    if (counts && first[agent] === null && alarms.some(holds)) first[agent] = sample;
  });
  return first;
}

/** Steps of a run, and the step of its first alarm (from 1), or null. */
export interface Caught {
  steps: number;
  at: number | null;
}

/** First alarms by run. */
async function firstByRun(rows: Row[], columns: Columns, arl: number): Promise<Map<string, Caught>> {
  const run = new Backtest({ columns, arl }, await runEnds(placed(rows), columns));
  const caught = new Map<string, Caught>();
  for (const row of rows) {
    const key = `${String(row[columns.entity])}|${String(row[columns.run!])}`;
    const c = caught.get(key) ?? { steps: 0, at: null };
    caught.set(key, c);
    c.steps++;
    if (run.feed(row).some(holds)) c.at ??= c.steps;
  }
  return caught;
}

const SHORT_RUN = 20;
const LONG_RUN = 50;

export async function autocoderover(data: string): Promise<Line[]> {
  const rows = await load(data, "autocoderover/calls.csv.gz");
  const metrics = [vital("input_tokens"), vital("output_tokens"), vital("cost"), vital("retries", "retry")];
  const columns = { entity: "run", time: "ts", run: "task", step: "kind", metrics };
  const judged = await firstByRun(rows, columns, 1_000_000);
  const runs = [...judged.values()];
  const short = runs.filter((r) => r.steps <= SHORT_RUN);
  const long = runs.filter((r) => r.steps >= LONG_RUN);
  const falseAlarms = short.filter((r) => r.at !== null).length;
  const early = long.filter((r) => r.at !== null && r.at < r.steps / 2).length;
  const perThousand = (1000 * falseAlarms) / short.length;
  const shortRuns = new Set([...judged].filter(([, c]) => c.steps <= SHORT_RUN).map(([key]) => key));
  const calls = rows.filter((row) => shortRuns.has(`${String(row["run"])}|${String(row["task"])}`));
  calls.sort((a, b) => Number(a["ts"]) - Number(b["ts"]));
  return [
    {
      what: `runs of at most ${SHORT_RUN} calls: false alarms per 1,000`,
      target: "at most 5",
      measured: `${perThousand.toFixed(1)} (${falseAlarms} of ${short.length})`,
      met: perThousand <= 5,
    },
    {
      what: `runs of ${LONG_RUN} calls or more: caught before half their calls`,
      target: "at least 50 %",
      measured: `${percent(early / long.length)} (${early} of ${long.length})`,
      met: early / long.length >= 0.5,
    },
    ...untouched("calls of the short runs, without run IDs", calls, { time: "ts", metrics }, "kind"),
  ];
}

/** Timed runs of a guardrail in seven configurations, in the order of the file. */
export async function llmlatency(data: string): Promise<Line[]> {
  const rows = await load(data, "llm_latency/nemo_guardrails_openai_latency.csv.gz");
  for (const row of rows) row["latency_ms"] = 1000 * Number(row["total_overall_time"]);
  const metrics = [
    vital("latency_ms"),
    vital("input_tokens", "num_prompt_tokens"),
    vital("output_tokens", "num_completion_tokens"),
    vital("tool_calls", "num_llm_calls"),
  ];
  return untouched("timed runs", rows, { time: "row", metrics }, "config");
}
