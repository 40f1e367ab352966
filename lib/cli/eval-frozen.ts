import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { meanScore } from "@/lib/core/scoring/score";
import { env } from "@/lib/env";
import { type FilledCase, playFrozen, readFilledCase } from "@/lib/evals/cases/frozen";
import type { CaseJudge } from "@/lib/evals/cases/judge";
import type { KeptRun } from "@/lib/evals/cases/kept-run";
import { endOf, frozenReportOf, markdownOf } from "@/lib/evals/cases/report";
import type { CaseResult } from "@/lib/evals/cases/result";
import { type ScratchDbs, scratchDbs } from "@/lib/evals/cases/scratch-db";
import type { Integrations } from "@/lib/response/services/context";
import { createIntegrations } from "@/lib/runtime/integrations";

/** What is asked of a run over frozen incidents. */
interface Asked {
  out: string;
  model: string | null;
  judge: CaseJudge | undefined;
  commit: string;
  interrupted: AbortSignal;
  /** Keeps the run of cases of these ids where the console shows it; null: it is not to be kept. */
  keep: ((ids: readonly string[]) => Promise<KeptRun>) | null;
}

/** `eval --frozen`: reads every file before any is played, so that one that is not filled in is told at once, and reports as of other cases. */
export async function evalFrozen(files: readonly string[], { out, model, judge, commit, interrupted, keep }: Asked): Promise<void> {
  const cases = await Promise.all(files.map(readFilledCase));
  const twice = cases.find(({ case: one }, i) => cases.findIndex(({ case: other }) => other.id === one.id) !== i);
  if (twice) throw new Error(`--frozen: two files have the id ${twice.case.id}`);
  for (const { case: one, leaks } of cases)
    if (leaks.length > 0)
      console.error(
        `${one.id}: its evidence leaks the answer: ${leaks.map((leak) => JSON.stringify(leak)).join(", ")}`,
      );
  await mkdir(join(out, "cases"), { recursive: true });
  // A closed world: a model may be asked, nothing else of this environment is.
  const { chains } =
    model === null ? { chains: {} } : await createIntegrations({ ...env(), SENTINEL_ANALYSIS_MODEL: model });
  const dbs = await scratchDbs(env().SENTINEL_RUNBOOKS_DIR, Date.now());
  const kept = (await keep?.(cases.map(({ case: { id } }) => id))) ?? null;
  const until = kept === null ? interrupted : AbortSignal.any([interrupted, kept.lost]);
  const began = performance.now();
  const results: CaseResult<"frozen">[] = [];
  try {
    for (const filled of cases) {
      until.throwIfAborted();
      const result = await played(filled, dbs, { chains, judge });
      results.push(result);
      await kept?.store(result);
      await writeFile(join(out, "cases", `${result.id}.json`), JSON.stringify(result, null, 2));
      console.log(told(result));
    }
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    await kept?.end({ state: interrupted.aborted ? "interrupted" : "failed", detail });
    throw cause;
  } finally {
    dbs.remove();
  }
  const report = frozenReportOf(results, { seconds: (performance.now() - began) / 1_000, commit, judge });
  await kept?.end(endOf(report));
  await writeFile(join(out, "eval_report.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(out, "eval_report.md"), markdownOf(report, results, (id) => `cases/${id}.json`));
  if (report.judge) console.log(report.judge.says);
} // prettier-ignore

async function played(
  filled: FilledCase,
  dbs: ScratchDbs,
  { chains, judge }: { chains: Integrations["chains"]; judge: CaseJudge | undefined },
): Promise<CaseResult<"frozen">> {
  try {
    const result = await playFrozen(filled, dbs, chains);
    return judge === undefined ? result : { ...result, judged: await judge.judge(result) };
  } catch (cause) {
    throw new Error(`${filled.case.id}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A case, and what of it was answered no. */
function told({ id, title, scored }: CaseResult<"frozen">): string {
  const wrong = scored.answers.filter(({ answer }) => answer === "no").map(({ text, why }) => `  ${text} No: ${why}`);
  return [
    `${scored.passed ? "passed" : "failed"}  ${meanScore(scored.scores)?.toFixed(2) ?? "–"}  ${id}  ${title}`,
    ...wrong,
  ].join("\n");
}
