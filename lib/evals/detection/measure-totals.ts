import { tailNats } from "@/lib/core/base/stats";
import { absorb, createLane, type Lane, score } from "@/lib/core/detection/lane";
import { specOf } from "@/lib/core/detection/metrics";
import { load } from "./measure-real";
import type { Row } from "./rows";
import { type Line, percent } from "./table";

/** Errors that are a cap which a run ran into. */
const CAPS: ReadonlySet<string> = new Set(["context_length", "max_turns", "timeout"]);
const PER_THOUSAND = 10;

interface Run {
  model: string;
  task: string;
  ill: boolean;
  totals: Totals;
}

/** Whole runs by their totals, each model's judged by a detector that has learned the other models' only. */
export async function mcpmark(data: string): Promise<Line[]> {
  const rows = await load(data, "mcpmark_dev/runs.csv.gz");
  const runs = rows.map(runOf);
  const models = [...new Set(runs.map(({ model }) => model))];
  const scores = new Map<Run, number>();
  const byRule = new Map<Run, number>();
  for (const model of models) {
    const others = runs.filter((run) => run.model !== model);
    const state = taught(others);
    const medians = mediansOf(others);
    for (const run of runs) {
      if (run.model !== model) continue;
      scores.set(run, nats(state, run));
      byRule.set(run, run.totals.run_tokens / Math.max(medians.get(run.task) ?? 1, 1));
    }
  }
  const plain = recallAt(runs, scores, thresholdOf(runs, scores));
  const rule = recallAt(runs, byRule, thresholdOf(runs, byRule));
  let caught = 0;
  let cut = 0;
  for (const model of models) {
    const own = runs.filter((run) => run.model === model);
    const threshold = thresholdOf(
      runs.filter((run) => run.model !== model),
      scores,
    );
    caught += own.filter((run) => run.ill && scores.get(run)! > threshold).length;
    cut += own.filter((run) => !run.ill && scores.get(run)! > threshold).length;
  }
  const ill = runs.filter((run) => run.ill).length;
  const perThousand = (1000 * cut) / (runs.length - ill);
  return [
    {
      what: `runaways (${ill} of ${runs.length} runs) detected by their end, at ${PER_THOUSAND} others per 1,000`,
      target: "at least 20 %, leave one model out",
      measured: percent(plain),
      leaveOneOut: `${percent(caught / ill)} at ${perThousand.toFixed(1)}`,
      met: caught / ill >= 0.2,
    },
    {
      what: "baseline rule: tokens as a multiple of the task's median",
      target: "",
      measured: percent(rule),
      met: null,
    },
  ];
}

/** Totals of a run, on the scales of the detector's own. */
const TOTALS = ["run_tokens", "run_calls", "latency_ms"] as const;
type Totals = Record<(typeof TOTALS)[number], number>;
type Lanes = Record<(typeof TOTALS)[number], Lane>;

const runOf = (row: Row): Run => ({
  model: String(row["model"]),
  task: `${String(row["service"])}|${String(row["task"])}`,
  ill: CAPS.has(String(row["error_class"])),
  totals: {
    run_tokens: Number(row["total_tokens"]),
    run_calls: Number(row["turns"]),
    latency_ms: 1000 * Number(row["execution_time_s"]),
  },
});

/** Learns runs as the detector learns the totals of runs that ended. */
function taught(runs: readonly Run[]): Lanes {
  const lanes: Lanes = { run_tokens: createLane("up"), run_calls: createLane("up"), latency_ms: createLane("up") };
  for (const { totals } of runs)
    for (const metric of TOTALS) absorb(lanes[metric], specOf(metric).toScale(totals[metric]), specOf(metric).gap);
  return lanes;
}

/** What the most telling of a run's totals proves, as the detector judges a run's totals (runs.ts). */
const nats = (lanes: Lanes, { totals }: Run): number =>
  Math.max(
    ...TOTALS.map((metric) => {
      const { toScale, gap } = specOf(metric);
      return tailNats(score(lanes[metric], toScale(totals[metric]), gap)?.up ?? 0);
    }),
  );

function mediansOf(runs: readonly Run[]): Map<string, number> {
  const tokens = new Map<string, number[]>();
  for (const { task, totals } of runs) tokens.set(task, [...(tokens.get(task) ?? []), totals.run_tokens]);
  return new Map([...tokens].map(([task, all]) => [task, all.sort((a, b) => a - b)[all.length >> 1]!]));
}

/** The score that so many per 1,000 runs that are no runaways exceed. */
function thresholdOf(runs: readonly Run[], scores: ReadonlyMap<Run, number>): number {
  const healthy = runs.filter((run) => !run.ill).map((run) => scores.get(run)!);
  return healthy.sort((a, b) => b - a)[Math.floor((PER_THOUSAND / 1000) * healthy.length)]!;
}

function recallAt(runs: readonly Run[], scores: ReadonlyMap<Run, number>, threshold: number): number {
  const ill = runs.filter((run) => run.ill);
  return ill.filter((run) => scores.get(run)! > threshold).length / ill.length;
}
