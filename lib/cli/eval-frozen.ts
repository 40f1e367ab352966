import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { meanScore } from "@/lib/core/scoring/score";
import { env } from "@/lib/env";
import { playFrozen, readFilledCase } from "@/lib/evals/cases/frozen";
import { frozenReportOf, markdownOf } from "@/lib/evals/cases/report";
import type { CaseResult } from "@/lib/evals/cases/result";
import { scratchDbs } from "@/lib/evals/cases/scratch-db";
import { createIntegrations } from "@/lib/runtime/integrations";

/**
 * `eval --frozen`: reads every file before any is played, so that one that is not filled in is told at once, and writes the same report as of other cases. Nothing
 * is kept in the database: these incidents are in it already.
 */
export async function evalFrozen(
  files: readonly string[],
  { out, model }: { out: string; model?: string },
  commit: string,
): Promise<void> {
  const cases = await Promise.all(files.map(readFilledCase));
  const twice = cases.find(({ case: one }, i) => cases.findIndex(({ case: other }) => other.id === one.id) !== i);
  if (twice) throw new Error(`--frozen: two files have the id ${twice.case.id}`);
  for (const { case: one, leaks } of cases)
    if (leaks.length > 0)
      console.error(
        `${one.id}: its answer stands in its evidence: ${leaks.map((leak) => JSON.stringify(leak)).join(", ")}`,
      );
  await mkdir(join(out, "cases"), { recursive: true });
  // A closed world: a model may be asked, nothing else of this environment is.
  const { chains } =
    model === undefined ? { chains: {} } : await createIntegrations({ ...env(), SENTINEL_ANALYSIS_MODEL: model });
  const dbs = await scratchDbs(env().SENTINEL_RUNBOOKS_DIR, Date.now());
  const began = performance.now();
  const results: CaseResult<"frozen">[] = [];
  try {
    for (const filled of cases) {
      const result = await playFrozen(filled, dbs, chains).catch((cause: unknown) => {
        throw new Error(`${filled.case.id}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      });
      results.push(result);
      await writeFile(join(out, "cases", `${result.id}.json`), JSON.stringify(result, null, 2));
      console.log(told(result));
    }
  } finally {
    await dbs.remove();
  }
  const report = frozenReportOf(results, { seconds: (performance.now() - began) / 1_000, commit });
  await writeFile(join(out, "eval_report.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(
    join(out, "eval_report.md"),
    markdownOf(report, results, (id) => `cases/${id}.json`),
  );
}

/** A case, and what of it was answered no. */
function told({ id, title, scored }: CaseResult<"frozen">): string {
  const wrong = scored.answers.filter(({ answer }) => answer === "no").map(({ text, why }) => `  ${text} No: ${why}`);
  return [
    `${scored.passed ? "passed" : "failed"}  ${meanScore(scored.scores)?.toFixed(2) ?? "–"}  ${id}  ${title}`,
    ...wrong,
  ].join("\n");
}
