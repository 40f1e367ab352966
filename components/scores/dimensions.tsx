import { Check, ChevronRight, Gavel, TriangleAlert, X } from "lucide-react";
import type { EvalCaseView } from "@/lib/contracts/eval-runs";
import type { ScoreAnswer } from "@/lib/contracts/scores";
import { cn } from "@/components/ui/cn";
import { ScoreBar } from "./score-bar";
import { type Dimension, DIMENSION, DIMENSION_NAMES } from "./words";

type JudgedAnswer = NonNullable<EvalCaseView["judged"]>["answers"][number];

/** The six dimensions as bars; each opens to the questions behind it, with what a judge said where one was asked (`judged`). */
export function Dimensions({
  scores,
  answers,
  judged,
}: {
  scores: Partial<Record<Dimension, number>>;
  answers: readonly ScoreAnswer[];
  judged?: readonly JudgedAnswer[];
}) {
  return (
    <ul className="divide-y">
      {DIMENSION_NAMES.map((name) => {
        const { label, means } = DIMENSION[name];
        const asked = answers.filter(({ dimension }) => dimension === name);
        const denied = asked.filter(({ answer }) => answer === "no").length;
        return (
          <li key={name}>
            <details className="group">
              <summary className="grid cursor-pointer list-none grid-cols-[1rem_8.5rem_1fr] items-center gap-x-2 px-4 py-2 text-sm hover:bg-hover/50 sm:grid-cols-[1rem_8.5rem_1fr_6.5rem]">
                <ChevronRight className="size-3.5 text-ink-3 transition-transform group-open:rotate-90" aria-hidden />
                <span className="font-medium" title={means}>
                  {label}
                </span>
                <ScoreBar label={label} score={scores[name]} />
                <span className="num text-right text-xs text-ink-3 max-sm:hidden">
                  {asked.length === 0
                    ? "not asked"
                    : denied === 0
                      ? `${asked.length} of ${asked.length} passed`
                      : `${denied} of ${asked.length} failed`}
                </span>
              </summary>
              <Answers asked={asked} means={means} judged={judged} />
            </details>
          </li>
        );
      })}
    </ul>
  );
}

/** What was denied first: it is what took the points. */
function Answers({
  asked,
  means,
  judged,
}: {
  asked: readonly ScoreAnswer[];
  means: string;
  judged: readonly JudgedAnswer[] | undefined;
}) {
  const sorted = asked.toSorted((a, b) => Number(a.answer === "yes") - Number(b.answer === "yes"));
  return (
    <div className="border-t border-dashed bg-sunken/40 px-4 py-3 sm:pl-10">
      <p className="mb-2 text-xs text-ink-3">{means}.</p>
      <ul className="space-y-2.5 text-sm">
        {sorted.map(({ id, text, answer, why, cap }) => (
          <li key={id} className="grid grid-cols-[1.25rem_1fr] gap-2">
            {answer === "yes" ? (
              <Check className="mt-0.5 size-4 text-ok" aria-label="Yes" />
            ) : (
              <X className="mt-0.5 size-4 text-hold" aria-label="No" />
            )}
            <span className="min-w-0">
              <span className={cn("wrap-anywhere", answer === "no" && "font-medium")}>{text}</span>
              <span className="block text-xs wrap-anywhere text-ink-2">
                {why}
                {answer === "no" && cap !== null ? (
                  <span className="text-ink-3"> · caps the dimension at {cap}</span>
                ) : null}
              </span>
              {judged ? <JudgeSays judge={judged.find((one) => one.id === id)} scorer={answer} /> : null}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The judge's answer to a question that the scorer has answered, with the line that it cites. */
function JudgeSays({ judge, scorer }: { judge: JudgedAnswer | undefined; scorer: "yes" | "no" }) {
  if (judge === undefined)
    return <span className="mt-0.5 block text-xs text-ink-3">The judge gave no valid answer.</span>;
  const differs = judge.answer !== scorer;
  const Icon = differs ? TriangleAlert : Gavel;
  return (
    <span className={cn("mt-1 flex items-start gap-1.5 text-xs", differs ? "text-warn" : "text-ink-3")}>
      <Icon className="mt-0.5 size-3 shrink-0" aria-hidden />
      <span className="min-w-0 wrap-anywhere">
        Judge: {judge.answer}
        {differs ? ", the scorer disagrees" : ""} · <q>{judge.line}</q>
      </span>
    </span>
  );
}
