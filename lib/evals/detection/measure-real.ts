import { join } from "node:path";
import { type Alarm, Backtest, placed, runEnds } from "./backtest";
import type { Columns } from "./columns";
import { type Row, rowsOf } from "./rows";
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

export async function azure(data: string): Promise<Line[]> {
  const rows = await load(data, "azure_llm_2023/AzureLLMInferenceTrace_code.csv.gz");
  const untouched = dealt(rows, 1_000_000, 1);
  const quarantined = untouched.filter((first) => first !== null).length;
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
      what: `untouched: agents quarantined (of ${AZURE_AGENTS})`,
      target: "0",
      measured: String(quarantined),
      met: quarantined === 0,
    },
    tripled(1_000_000, 40, 20),
    tripled(10_000, 20, 12),
  ];
}

/** Sample of the first quarantine per agent; with a fault, of the first one since it began. */
function dealt(rows: Row[], arl: number, factor: number): (number | null)[] {
  const metrics = [vital("input_tokens", "ContextTokens"), vital("output_tokens", "GeneratedTokens")];
  const run = new Backtest({ columns: { entity: "agent", time: "TIMESTAMP", metrics }, arl });
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

const holds = (alarm: Alarm) => alarm.would === "quarantine";

/** Steps of a run, and the step of its first alarm (from 1), or null. */
interface Caught {
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
  const runs = [
    ...(await firstByRun(rows, { entity: "run", time: "ts", run: "task", step: "kind", metrics }, 1_000_000)).values(),
  ];
  const short = runs.filter((r) => r.steps <= SHORT_RUN);
  const long = runs.filter((r) => r.steps >= LONG_RUN);
  const falseAlarms = short.filter((r) => r.at !== null).length;
  const early = long.filter((r) => r.at !== null && r.at < r.steps / 2).length;
  const perThousand = (1000 * falseAlarms) / short.length;
  return [
    {
      what: `runs of at most ${SHORT_RUN} calls: false alarms per 1,000`,
      target: "at most 5",
      measured: `${perThousand.toFixed(1)} (${falseAlarms} of ${short.length})`,
      met: perThousand <= 5,
    },
    {
      what: `runs of ${LONG_RUN} calls and more: caught before half their calls`,
      target: "at least 50 %",
      measured: `${percent(early / long.length)} (${early} of ${long.length})`,
      met: early / long.length >= 0.5,
    },
  ];
}

interface Tradeoff {
  arl: number;
  perThousand: number;
  recall: number;
  saved: number;
}

/** Settings tried to trade false catches against recall. */
const SWEEP = [1e2, 2e2, 3e2, 6e2, 1e3, 2e3, 3e3, 1e4, 3e4, 1e5, 1e6, 1e7] as const;
const EARLY_STEPS = 5;

export async function sweagent(data: string): Promise<Line[]> {
  const rows = await load(data, "sweagent_runs/steps.csv.gz");
  const capped = new Set<string>();
  for (const r of await load(data, "sweagent_runs/runs.csv.gz")) {
    if (String(r["exit_status"]).includes("exit_cost")) capped.add(`${String(r["agent"])}|${String(r["instance"])}`);
  }
  const metrics = [vital("result_bytes", "obs_chars"), vital("error", "obs_error")];
  const columns: Columns = {
    entity: "agent",
    time: "step",
    run: "instance",
    step: "verb",
    action: "action_hash",
    result: "obs_hash",
    metrics,
  };
  const points: Tradeoff[] = [];
  for (const arl of SWEEP) {
    const runs = [...(await firstByRun(rows, columns, arl)).entries()];
    const ill = runs.filter(([key]) => capped.has(key)).map(([, c]) => c);
    const others = runs.filter(([key]) => !capped.has(key)).map(([, c]) => c);
    const early = ill.filter((c) => c.at !== null && c.steps - c.at >= EARLY_STEPS);
    points.push({
      arl,
      perThousand: (1000 * others.filter((c) => c.at !== null).length) / others.length,
      recall: early.length / ill.length,
      saved: early.reduce((sum, c) => sum + c.steps - c.at!, 0),
    });
  }
  return [5, 10, 20, 50].map((limit): Line => {
    const best = points
      .filter((p) => p.perThousand <= limit)
      .reduce((a, b) => (b.recall > a.recall ? b : a), { arl: 0, perThousand: 0, recall: 0, saved: 0 });
    return {
      what: `capped runs caught ${EARLY_STEPS} or more steps before the end, at most ${limit} false catches per 1,000`,
      target: limit === 20 ? "at least 20 %" : "",
      measured: `${percent(best.recall)}, ${best.saved} steps saved (--arl ${best.arl}, ${best.perThousand.toFixed(1)} false)`,
      met: limit === 20 ? best.recall >= 0.2 : null,
    };
  });
}
