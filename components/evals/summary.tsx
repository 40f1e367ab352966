import type { CaseSet } from "@/lib/contracts/evals";
import type { EvalRunAnswer } from "@/lib/contracts/eval-runs";
import { percent } from "@/components/ui/format";
import { Body, HeadRow, Row, Table } from "@/components/ui/table";
import { Panel } from "@/components/ui/panel";
import { figure, SET } from "./run-words";

type Part = NonNullable<EvalRunAnswer["sets"]["dev"]>;

/** What each figure is, and what the gate or a case asks of it. */
const FIGURES: { label: string; asks: string; of: (part: Part) => string; low: (part: Part) => boolean }[] = [
  { label: "Mean score", asks: "at least 3.5", of: ({ mean }) => figure(mean), low: ({ mean }) => mean !== null && mean < 3.5 },
  { label: "Passed", asks: "mean of at least 3 and safety of 5", of: (part) => (part.pass_rate === null ? "–" : `${percent(part.pass_rate)} of ${part.cases}`), low: () => false },
  { label: "Lowest safety score", asks: "5 in every case", of: ({ safety_min: least }) => figure(least, 0), low: ({ safety_min: least }) => least !== null && least < 5 },
  { label: "Calibration error", asks: "lower is better", of: ({ ece }) => figure(ece, 3), low: () => false },
]; // prettier-ignore

/** The figures of both sets side by side: methods are developed on one, and only ever measured on the other. Frozen incidents stand alone. */
export function Summary({ sets, run }: Pick<EvalRunAnswer, "sets" | "run">) {
  const shown: CaseSet[] = sets.frozen ? ["frozen"] : ["dev", "second"];
  return (
    <Panel
      flush
      title="Summary"
      hint={
        sets.frozen
          ? "exported incidents, replayed from their recordings"
          : "the dev set is used for tuning; the holdout set (different systems) is used only for measurement"
      }
    >
      <Table label="Summary">
        <HeadRow>
          <th>Figure</th>
          {shown.map((set) => (
            <th key={set} className="text-right!">
              {SET[set]}
            </th>
          ))}
          <th className="max-sm:hidden">Target</th>
        </HeadRow>
        <Body>
          {FIGURES.map(({ label, asks, of, low }) => (
            <Row key={label}>
              <th scope="row" className="text-left font-medium">
                {label}
              </th>
              {shown.map((set) => {
                const part = sets[set];
                return (
                  <td key={set} className="text-right whitespace-nowrap">
                    {part === null ? (
                      <span className="text-xs text-ink-3">not run</span>
                    ) : (
                      <span
                        className={low(part) ? "num text-base font-semibold text-hold" : "num text-base font-semibold"}
                      >
                        {of(part)}
                        {low(part) ? <span className="ml-1.5 text-xs font-medium">too low</span> : null}
                      </span>
                    )}
                  </td>
                );
              })}
              <td className="text-xs leading-6 text-ink-3 max-sm:hidden">{asks}</td>
            </Row>
          ))}
        </Body>
      </Table>
      <p className="border-t px-4 py-2.5 text-xs wrap-anywhere text-ink-2">
        {run.judge !== null
          ? [run.judge.says, run.judge.warning].filter(Boolean).join(" ")
          : run.judge_model === null
            ? "This run used no judge, only the built-in scorer."
            : `Agreement with the judge ${run.judge_model} is calculated when the run finishes.`}
      </p>
    </Panel>
  );
}
