import { Gavel, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { EvalCaseView } from "@/lib/contracts/eval-runs";
import { Badge } from "@/components/ui/badge";
import { Panel } from "@/components/ui/panel";
import { figure } from "./run-words";

type Case = Pick<EvalCaseView, "judged" | "answers" | "run">;

/** What a judge said of a case beside the scorer: where they differ, what it is worth over the run, or why the scorer stands alone. */
export function JudgePanel({ judged, answers, run }: Case) {
  if (judged === null)
    return (
      <Alone>
        This run used no judge. To use one, set <code className="font-mono text-xs">SENTINEL_JUDGE_MODEL</code> or pass{" "}
        <code className="font-mono text-xs">--judge</code>.
      </Alone>
    );
  if (judged.failed !== null)
    return (
      <Alone model={judged.model}>
        The judge gave no answer: <span className="wrap-anywhere">{judged.failed}</span>.
      </Alone>
    );
  const own = new Map(judged.answers.map((one) => [one.id, one]));
  const both = answers.flatMap((one) => {
    const other = own.get(one.id);
    return other === undefined ? [] : [{ ...one, judge: other }];
  });
  const differ = both.filter(({ answer, judge }) => answer !== judge.answer);
  if (both.length === 0)
    return <Alone model={judged.model}>None of the judge's answers could be used. {dropped(judged.dropped)}</Alone>;
  return (
    <Panel
      flush
      title="Scorer and judge"
      hint={judged.model}
      actions={
        run.judge === null ? null : (
          <Badge icon={Gavel} title="Cohen's kappa: agreement over the whole run, corrected for chance">
            run kappa {figure(run.judge.agreement.kappa)}
          </Badge>
        )
      }
    >
      <p className="px-4 py-3 text-sm">
        {both.length - differ.length} of {both.length} answers are the same. {dropped(judged.dropped)}
        <span className="block text-xs wrap-anywhere text-ink-3">
          {run.judge === null
            ? "Judge agreement is calculated when the run finishes."
            : [run.judge.says, run.judge.warning].filter(Boolean).join(" ")}{" "}
          Scores always come from the scorer.
        </span>
      </p>
      {differ.map(({ id, text, answer, why, judge }) => (
        <article key={id} className="border-t px-4 py-3 text-sm">
          <h3 className="flex items-start gap-2 font-medium wrap-anywhere">
            <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-label="They disagree" />
            {text}
          </h3>
          <dl className="mt-1.5 grid gap-x-6 gap-y-2 sm:grid-cols-2">
            <Said who="Scorer" answer={answer}>
              {why}
            </Said>
            <Said who="Judge" answer={judge.answer}>
              <q>{judge.line}</q>
            </Said>
          </dl>
        </article>
      ))}
    </Panel>
  );
}

const Alone = ({ model, children }: { model?: string; children: ReactNode }) => (
  <Panel title="Judge" hint={model}>
    <p className="text-sm text-ink-2">{children} Only the built-in scorer was used.</p>
  </Panel>
);

const Said = ({ who, answer, children }: { who: string; answer: "yes" | "no"; children: ReactNode }) => (
  <div className="min-w-0">
    <dt className="text-xs text-ink-3">
      {who}: <span className="font-semibold text-ink">{answer}</span>
    </dt>
    <dd className="text-xs wrap-anywhere text-ink-2">{children}</dd>
  </div>
);

/** Answers that do not count, in a sentence. */
function dropped({ uncited, contradicted, unasked }: NonNullable<EvalCaseView["judged"]>["dropped"]): string {
  const parts = [
    [uncited, "without a citation"],
    [contradicted, "contradictory"],
    [unasked, "to questions that were not asked"],
  ] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  return said.length === 0 ? "" : `Not counted: ${said.join(", ")}.`;
}
