import type { EvalReport } from "@/lib/contracts/evals";
import type { EvalOptions } from "@/lib/contracts/eval-runs";
import type { CaseJudge } from "./judge";
import type { CaseKey } from "./case-key";
import { idOf } from "./case-key";
import type { KeptRun } from "./kept-run";
import { endOf, reportOf } from "./report";
import type { CaseResult } from "./result";
import { runCases } from "./run";

export interface Evaluation extends Pick<EvalOptions, "set" | "repeat" | "model"> {
  keys: readonly CaseKey[];
  commit: string;
  workers: number;
  judge: CaseJudge | undefined;
  /** What an interrupted run has played already: it is not played again, and counts. */
  played: readonly CaseResult[];
  /** Where the run is kept; null: nowhere. */
  kept: KeptRun | null;
  /** Ends the run as interrupted, for the reason that it gives. */
  interrupted: AbortSignal;
  onResult?: (result: CaseResult, done: number, total: number) => Promise<void> | void;
}

/**
 * Plays what is left of a run, case by case has it judged and kept, and reports on all of it. Rejects for a case that cannot be played,
 * where it is interrupted and where it was stopped; the kept run then says so.
 */
export async function evaluate(of: Evaluation): Promise<{ results: CaseResult[]; report: EvalReport }> {
  const { keys, repeat, kept, judge, model, interrupted, onResult } = of;
  const results = [...of.played];
  const began = performance.now();
  try {
    await runCases(left(keys, repeat, results), {
      workers: of.workers,
      models: model !== null,
      env: model === null ? {} : { SENTINEL_ANALYSIS_MODEL: model },
      signal: kept === null ? interrupted : AbortSignal.any([interrupted, kept.lost]),
      async onResult(one) {
        const result = judge === undefined ? one : { ...one, judged: await judge.judge(one) };
        results.push(result);
        await kept?.store(result);
        await onResult?.(result, results.length, keys.length * repeat);
      },
    });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    await kept?.end({ state: interrupted.aborted ? "interrupted" : "failed", detail });
    throw error;
  }
  const report = reportOf(results, { ...of, seconds: (performance.now() - began) / 1_000 });
  await kept?.end(endOf(report));
  return { results, report };
}

/** Each case as often as it is still to be played. */
const left = (keys: readonly CaseKey[], repeat: number, played: readonly CaseResult[]): CaseKey[] =>
  Array.from({ length: repeat }).flatMap((_, i) =>
    keys.filter((key) => played.filter(({ id }) => id === idOf(key)).length <= i),
  );
