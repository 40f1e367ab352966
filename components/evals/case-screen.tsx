import Link from "next/link";
import type { EvalCaseView } from "@/lib/contracts/eval-runs";
import { Figures, Passed } from "@/components/scores/scores-panel";
import { Dimensions } from "@/components/scores/dimensions";
import { DIMENSION_NAMES, mark } from "@/components/scores/words";
import { PageHead } from "@/components/shell/page-head";
import { Badge } from "@/components/ui/badge";
import { duration } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Expected } from "./expected";
import { JudgePanel } from "./judge-panel";
import { RunAgain } from "./run-again";
import { Trajectory } from "./trajectory";
import { classWords, SET } from "./run-words";

/** One case of a run: its story, what was expected and what was found, every call, and every answer that it was scored by. */
export function CaseScreen({ one, again }: { one: EvalCaseView; again: boolean }) {
  const { run, trajectory, scores } = one;
  const marks = DIMENSION_NAMES.flatMap((name) => scores[name] ?? []);
  const mean = marks.length === 0 ? null : marks.reduce((sum, value) => sum + value, 0) / marks.length;
  return (
    <>
      <PageHead
        above={
          <Link href={`/evals?run=${encodeURIComponent(run.id)}`} className="hover:text-ink hover:underline">
            Evaluations
          </Link>
        }
        title={one.title}
        actions={again ? <RunAgain id={one.caseId} /> : null}
        lead={
          <span className="flex flex-wrap items-center gap-2">
            <Passed passed={one.passed} />
            <Badge>{classWords(one.class)}</Badge>
            <Badge>{SET[one.set]}</Badge>
            <span className="num text-xs text-ink-3">
              {one.caseId} · {run.commit} · ran in {duration(one.ms)}
            </span>
          </span>
        }
      />
      <div className="space-y-4">
        <Panel title="Ground truth" hint="hidden from Sentinel during the run">
          <p className="max-w-prose text-sm wrap-anywhere">{one.why}</p>
        </Panel>
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <Panel
            flush
            title="Scores"
            hint="0 to 5 each"
            actions={<span className="num text-sm font-semibold">{mark(mean)}</span>}
          >
            <Dimensions scores={scores} answers={one.answers} judged={one.judged?.answers} />
            <Figures
              scored={{
                detection_delay_ms: one.detectionDelayMs,
                time_to_proposal_ms: one.timeToProposalMs,
                tokens: one.tokens,
                usd: one.usd,
              }}
            />
          </Panel>
          <Expected trajectory={trajectory} truth={one.truth} />
        </div>
        <JudgePanel judged={one.judged} answers={one.answers} run={run} />
        <Trajectory trajectory={trajectory} />
        <Messages opened={trajectory.opened} />
      </div>
    </>
  );
}

/** Published texts, word for word. */
function Messages({ opened }: { opened: EvalCaseView["trajectory"]["opened"] }) {
  if (opened === null) return null;
  const { summary, statusLine, postmortem } = opened.messages;
  const said = [
    ["Summary", summary],
    ["Status line", statusLine],
    ["Post-mortem", postmortem],
  ].filter(([, text]) => text !== "");
  if (said.length === 0) return null;
  return (
    <Panel title="Published texts" flush>
      {said.map(([label, text]) => (
        <details key={label} className="border-b last:border-b-0" open={label === "Summary"}>
          <summary className="cursor-pointer px-4 py-2 text-sm font-medium hover:bg-hover/50">{label}</summary>
          <p className="max-w-prose px-4 pb-3 text-sm wrap-anywhere whitespace-pre-wrap text-ink-2">{text}</p>
        </details>
      ))}
    </Panel>
  );
}
