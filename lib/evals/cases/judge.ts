import { createJudge, type JudgeOptions } from "@/lib/agents/judge";
import { sharedFamily } from "@/lib/agents/model-family";
import { chainOf, type ModelSettings } from "@/lib/agents/models";
import type { Agreement } from "@/lib/core/scoring/agreement";
import {
  type Disagreement,
  type Dropped,
  type Judged,
  judgeAgreement,
  NOTHING_DROPPED,
} from "@/lib/core/scoring/judged";
import type { CaseSet, JudgeReport } from "@/lib/contracts/evals";
import type { CaseResult } from "./result";

/** At most this kappa is "slight" by Landis and Koch (1977): such a judge says nothing about the scorer. */
const SLIGHT = 0.2;
/** Disagreements that the report for people lists; all of them stand in the other one. */
const MOST_SHOWN = 50;

export interface CaseJudge {
  /** As configured. */
  model: string;
  /** What makes it a doubtful judge; null where nothing does. */
  warning: string | null;
  judge: (result: Pick<CaseResult, "trajectory" | "truth" | "scored">) => Promise<Judged>;
}

/** The judge of a run. `analyst`: the model whose investigations it judges; null where the local analysis stands alone. */
export function caseJudge(
  model: string,
  analyst: string | null,
  settings: ModelSettings,
  options?: JudgeOptions,
): CaseJudge {
  const judge = createJudge(chainOf("judge", { ...settings, roles: { judge: model } }), options);
  const family = analyst === null ? null : sharedFamily(model, analyst);
  return {
    model,
    warning: family && `The judge ${model} and the analyst ${analyst} are of one family (${family}), which may favor its own.`,
    judge: ({ trajectory, truth, scored }) => judge(trajectory, truth, scored.answers),
  };
} // prettier-ignore

const total = (all: readonly Dropped[]): Dropped =>
  all.reduce(
    (sum, { uncited, contradicted, unasked }) => ({
      uncited: sum.uncited + uncited,
      contradicted: sum.contradicted + contradicted,
      unasked: sum.unasked + unasked,
    }),
    NOTHING_DROPPED,
  );

/** What a run's judge said, beside the scorer. Scores are the scorer's, whatever it says. */
export function judgeReport(
  results: readonly CaseResult<CaseSet>[],
  { model, warning }: Pick<CaseJudge, "model" | "warning">,
): JudgeReport {
  // A run that was resumed may hold cases that another judge was asked about, or none.
  const own = new Set(model.split(",").map((name) => name.trim()));
  const judged = results.flatMap(({ id, scored, judged: said }) =>
    said !== undefined && own.has(said.model) ? [{ id, scored, said }] : [],
  );
  const failed: Record<string, number> = {};
  for (const { said } of judged) if (said.failed !== null) failed[said.failed] = (failed[said.failed] ?? 0) + 1;
  const { all, dimensions, disagreements } = judgeAgreement(
    judged.map(({ id, scored, said }) => ({ id, scorer: scored.answers, judge: said.answers })),
  );
  const figures = {
    model,
    warning,
    cases: judged.length,
    answered: judged.filter(({ said }) => said.failed === null).length,
    failed,
    dropped: total(judged.map(({ said }) => said.dropped)),
  };
  return { ...figures, says: saying(figures, all), agreement: all, dimensions, disagreements };
}

/** The one sentence that says what the judge is worth. */
function saying(
  { model, cases, answered, failed }: Pick<JudgeReport, "model" | "cases" | "answered" | "failed">,
  { n, agreed, kappa, note }: Agreement,
): string {
  const reasons = Object.entries(failed).map(([reason, times]) => `${reason}, ${times} of ${cases} cases`).join("; "); // prettier-ignore
  if (cases === 0) return `The judge ${model} was not asked about any case, so only the built-in scorer is used.`;
  if (n === 0) return `The judge ${model} gave no usable answer${reasons && ` (${reasons})`}, so only the built-in scorer is used.`; // prettier-ignore
  const figures = `${percent(agreed)} of ${n} answers are the same, kappa ${kappa === null ? "–" : kappa.toFixed(2)}${note === null ? "" : `: ${note}`}`;
  if (kappa === null || kappa <= SLIGHT)
    return `The judge ${model} agrees with the scorer no better than chance (${figures}), so only the built-in scorer is used.`;
  const alone = answered === cases ? "" : `; where it did not answer, only the scorer counts (${reasons})`;
  return `The judge ${model} agrees with the scorer beyond chance (${figures})${alone}.`;
}

const percent = (share: number | null): string => (share === null ? "–" : `${(100 * share).toFixed(0)} %`);
const figure = (value: number | null): string => value?.toFixed(2) ?? "–";
/** Text of others, so that it neither ends a cell nor formats anything. */
const literal = (text: string): string => `\`${text.replaceAll(/[`|\r\n]/g, " ")}\``;

/** The judge's part of the report for people. */
export function judgeMarkdown(report: JudgeReport | undefined): string[] {
  if (report === undefined) return ["## Judge", "", "No judge is configured, so only the built-in scorer is used.", ""];
  const { says, warning, dropped, agreement: all, dimensions, disagreements } = report;
  const { uncited, contradicted, unasked } = dropped;
  const row = (name: string, { n, agreed, kappa }: { n: number; agreed: number | null; kappa: number | null }) =>
    `| ${name} | ${n} | ${percent(agreed)} | ${figure(kappa)} |`;
  const [shown, left] = [disagreements.slice(0, MOST_SHOWN), disagreements.length - MOST_SHOWN];
  return [
    "## Judge",
    "",
    says,
    "",
    ...(warning === null ? [] : [`**Warning:** ${warning}`, ""]),
    `Answers not counted: ${uncited} without a citation, ${contradicted} contradictory, ${unasked} to questions that were not asked.`,
    "",
    "| dimension | answered by both | equal | kappa |",
    "| --- | --- | --- | --- |",
    ...Object.entries(dimensions).map(([name, one]) => row(name.replaceAll("_", " "), one)),
    row("all", all),
    "",
    ...(disagreements.length === 0 ? [] : [`### Disagreements: ${disagreements.length}`, ""]),
    ...shown.map(told),
    ...(left > 0 ? [`- ${left} more in eval_report.json`] : []),
    ...(disagreements.length === 0 ? [] : [""]),
  ];
}

const told = ({ case: name, text, scorer, why, judge, line }: Disagreement): string =>
  `- ${name}: ${text} Scorer ${scorer}: ${literal(why)}; judge ${judge}: ${literal(line)}`;
