"use client";

import { CirclePause, CircleX, LoaderCircle, OctagonX } from "lucide-react";
import type { EvalOffer, EvalRunView } from "@/lib/contracts/eval-runs";
import { useSession } from "@/components/access/session";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/feedback";
import { Clock } from "@/components/ui/time";
import { useRunCommand } from "./run-actions";
import { casesOf, classWords } from "./run-words";

/** How a run stands that has not been played to its end: how far it is, or why it is not; and what can be done about that. */
export function Standing({ run, offer }: { run: EvalRunView; offer: EvalOffer }) {
  switch (run.state) {
    case "done":
      return null;
    case "running":
      return <Progress run={run} />;
    case "failed":
    case "stopped":
    case "interrupted": {
      const { tone, icon, verb } = ENDED[run.state];
      return (
        <Callout
          tone={tone}
          icon={icon}
          title={`The run ${verb} after ${run.done} of ${casesOf(run.total)}`}
          actions={offer.reason === null && run.set !== "frozen" ? <Resume run={run.id} /> : null}
        >
          {sentence(run.detail)} {run.done > 0 ? "The figures below cover only the cases that ran." : null}
        </Callout>
      );
    }
  }
}

const sentence = (text: string | null) => (text ? `${text[0]!.toUpperCase()}${text.slice(1)}.` : "");

const ENDED = {
  failed: { tone: "hold", icon: CircleX, verb: "failed" },
  stopped: { tone: "warn", icon: OctagonX, verb: "was stopped" },
  interrupted: { tone: "warn", icon: CirclePause, verb: "was interrupted" },
} as const;

function Progress({ run }: { run: EvalRunView }) {
  const { decides } = useSession();
  const stop = useRunCommand(run.id);
  const share = run.total === 0 ? 0 : run.done / run.total;
  return (
    <section
      className="panel flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3"
      aria-label="Progress"
      role="status"
    >
      <LoaderCircle className="size-4 shrink-0 animate-spin text-accent motion-reduce:animate-none" aria-hidden />
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-baseline justify-between gap-x-3 text-sm">
          <span className="font-medium">
            {run.done} of {casesOf(run.total)} completed
            {run.part === null ? null : <span className="font-normal text-ink-2"> · {classWords(run.part)}</span>}
          </span>
          <span className="text-xs text-ink-3">
            {run.started_by === null || run.started_at === null ? null : (
              <>
                started by {run.started_by}, <Clock at={run.started_at} />
              </>
            )}
          </span>
        </p>
        <span
          role="progressbar"
          aria-label="Cases completed"
          aria-valuenow={run.done}
          aria-valuemin={0}
          aria-valuemax={run.total}
          className="mt-2 block h-1.5 overflow-hidden rounded-full bg-sunken"
        >
          <span
            className="block h-full rounded-full bg-accent transition-[width] duration-500 motion-reduce:transition-none"
            style={{ width: `${100 * share}%` }}
          />
        </span>
      </div>
      {decides ? (
        <Button busy={stop.isPending} onClick={() => stop.mutate("stop")}>
          <OctagonX aria-hidden /> Stop
        </Button>
      ) : null}
    </section>
  );
}

function Resume({ run }: { run: string }) {
  const { decides } = useSession();
  const resume = useRunCommand(run);
  return decides ? (
    <Button busy={resume.isPending} onClick={() => resume.mutate("resume")}>
      Run the rest
    </Button>
  ) : null;
}
