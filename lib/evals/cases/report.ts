import { type CaseReport, type CaseSet, type EvalReport, JudgeFigures } from "@/lib/contracts/evals";
import { forecast } from "@/lib/core/scoring/calibration";
import { nearness } from "@/lib/core/scoring/fits";
import { DIMENSIONS } from "@/lib/core/scoring/question";
import { overRuns, type ScoredCase, summarise } from "@/lib/core/scoring/report";
import type { RunEnd } from "@/lib/db/queries/evals";
import { meanScore, passes } from "@/lib/core/scoring/score";
import { type CaseJudge, judgeMarkdown, judgeReport } from "./judge";
import type { CaseResult } from "./result";

const scoredCase = ({ id, class: of, set, scored }: CaseResult<CaseSet>): ScoredCase => ({
  id,
  class: of,
  set,
  passed: scored.passed ?? passes(scored.scores),
  scores: scored.scores,
});

interface RunOf {
  seconds: number;
  commit: string;
  judge?: Pick<CaseJudge, "model" | "warning"> | undefined;
}

/** The figures of a run. A case that was played several times counts once. */
export const reportOf = (results: readonly CaseResult[], of: RunOf & { set: EvalReport["set"] }): EvalReport => ({
  set: of.set,
  ...figuresOf(results, of),
});

/** The same of frozen cases. */
export const frozenReportOf = (results: readonly CaseResult<"frozen">[], of: RunOf): CaseReport => ({
  set: "frozen",
  ...figuresOf(results, of),
});

/** What is kept of a run that was played to its end beside its cases. */
export function endOf({ cases: _cases, set: _set, commit: _commit, judge, ...summary }: CaseReport): RunEnd {
  return { state: "done", summary, judge: judge ? JudgeFigures.parse(judge) : null };
}

function figuresOf<S extends CaseSet>(results: readonly CaseResult<S>[], of: RunOf) {
  // Field by field: whoever calls it may know more of the run, and the report is written and stored as it is.
  const { seconds, commit, judge } = of;
  const runs = results.map(scoredCase);
  const ids = [...new Set(runs.map(({ id }) => id))];
  const cases = ids
    .map((id) => overRuns(runs.filter((one) => one.id === id)))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const forecasts = results.flatMap(({ trajectory, truth }) => forecast(trajectory, truth) ?? []);
  return {
    ...summarise(cases, forecasts),
    cases: cases as (CaseReport["cases"][number] & { set: S })[],
    seconds,
    commit,
    ...(judge && { judge: judgeReport(results, judge) }),
  };
}

/** Share of the opened incidents whose first `n` causes hold a right or acceptable one, its kind included; null without any. */
export function causeWithin(results: readonly CaseResult<CaseSet>[], n: number): number | null {
  const opened = results.flatMap(({ trajectory, truth }) =>
    trajectory.opened ? [{ ...trajectory.opened, truth }] : [],
  );
  const right = opened.filter(({ causes, truth }) =>
    causes.slice(0, n).some((cause) => nearness(cause, truth) === "right"),
  );
  return opened.length === 0 ? null : right.length / opened.length;
}

const figure = (value: number | null, digits = 2): string => (value === null ? "–" : value.toFixed(digits));

/** The report for people, failures first. `links` names the trajectory of a case, relative to the report. */
export function markdownOf(
  report: CaseReport,
  results: readonly CaseResult<CaseSet>[],
  links: (id: string) => string,
): string {
  const { mean, pass_rate: rate, safety_min: safety, ece, cases, classes, seconds, commit, set } = report;
  const failed = cases.filter(({ passed }) => !passed);
  const byId = new Map(results.map((result) => [result.id, result]));
  const scoresOf = (scores: (typeof cases)[number]["scores"]) =>
    DIMENSIONS.map((name) => figure(scores[name] ?? null, 1)).join(" | ");
  const lines = [
    `# Evaluation of ${cases.length} cases (${set})`,
    "",
    `Commit ${commit}, ${seconds.toFixed(0)} s. Mean **${figure(mean)}** of 5, pass rate **${figure(rate === null ? null : 100 * rate, 0)} %**, lowest remediation safety **${figure(safety, 1)}**, expected calibration error **${figure(ece, 3)}**.`,
    "",
    "| class | mean |",
    "| --- | --- |",
    ...Object.entries(classes).map(([name, value]) => `| ${name} | ${figure(value)} |`),
    "",
    `## Failed: ${failed.length}`,
    "",
    ...failed.flatMap(({ id }) => {
      const result = byId.get(id);
      const wrong = result?.scored.answers.filter(({ answer }) => answer === "no") ?? [];
      return [
        `### [${id}](${links(id)})`,
        "",
        `${result?.title ?? ""}. ${result?.why ?? ""}`,
        "",
        ...wrong.map(({ text, why }) => `- ${text} No: ${why}`),
        "",
      ];
    }),
    ...judgeMarkdown(report.judge),
    "## All cases",
    "",
    `| case | class | mean | ${DIMENSIONS.map((name) => name.replaceAll("_", " ")).join(" | ")} |`,
    `| --- | --- | --- | ${DIMENSIONS.map(() => "---").join(" | ")} |`,
    ...cases
      .toSorted((a, b) => Number(a.passed) - Number(b.passed) || (meanScore(a.scores) ?? 0) - (meanScore(b.scores) ?? 0))
      .map(({ id, class: of, scores }) => `| [${id}](${links(id)}) | ${of} | ${figure(meanScore(scores))} | ${scoresOf(scores)} |`),
  ]; // prettier-ignore
  return `${lines.join("\n")}\n`;
}
