"use client";

import { useMutation } from "@tanstack/react-query";
import { ThumbsDown, ThumbsUp } from "lucide-react";
import type { CauseView, ServiceStory } from "@/lib/contracts/services";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { useDrill } from "@/components/drills/world";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { CAUSE, name } from "@/components/status/words";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { percent } from "@/components/ui/format";
import { Meter } from "@/components/ui/meter";
import { Panel } from "@/components/ui/panel";
import { toast } from "@/components/ui/toast";
import { Author } from "./author";
import { Cites } from "./cites";

/** The rival explanations with what each rests on, and what the skeptic made of the first. */
export function CausesPanel({
  story,
  refs,
  decides,
}: {
  story: ServiceStory;
  refs: ReadonlyMap<string, string>;
  decides: boolean;
}) {
  const causes = story.causes.toSorted((a, b) => a.rank - b.rank);
  const [first, ...rest] = causes;
  const report = story.investigation?.report;
  return (
    <Panel title="Possible causes" hint="ranked, with their evidence">
      {!first ? (
        <p className="text-sm text-ink-2">
          {story.investigation === null || story.investigation.state === "running"
            ? "No conclusion yet."
            : "No possible cause was found."}
        </p>
      ) : (
        <div className="space-y-4">
          <div>
            <p className="flex flex-wrap items-center gap-2">
              <strong className="text-base font-semibold">{headline(first)}</strong>
              <Author name={first.author} />
              <Thumbs cause={first} incident={story.incident.id} decides={decides} />
            </p>
            <Meter value={first.confidence} label="Confidence" className="mt-2 max-w-72" />
            <p className="mt-2 max-w-prose text-sm break-words text-ink-2">
              {first.statement} <Cites ids={first.cites} refs={refs} />
            </p>
            {[...first.notes, ...(report?.written ?? [])].map((claim, index) => (
              <p key={index} className="mt-2 max-w-prose border-l-2 border-heal/40 pl-3 text-sm text-ink-2">
                {claim.text} <Cites ids={claim.cites} refs={refs} /> <Author name={claim.author} />
              </p>
            ))}
            {first.separates ? (
              <p className="mt-2 max-w-prose text-sm">
                <span className="eyebrow block">How to tell them apart</span>
                {first.separates}
              </p>
            ) : null}
          </div>
          {rest.length > 0 ? (
            <div>
              <h3 className="eyebrow mb-1.5">Alternatives</h3>
              <ul className="space-y-2.5">
                {rest.map((cause) => (
                  <li key={cause.id} className="grid grid-cols-[3rem_1fr] gap-2 text-sm">
                    <span className="num text-ink-3">{percent(cause.confidence)}</span>
                    <span className="min-w-0 break-words">
                      <span className="font-medium">{headline(cause)}</span>
                      <span className="text-ink-2"> · {cause.statement} </span>
                      {cause.kind === "unknown" ? null : <Cites ids={cause.cites} refs={refs} />}
                      {cause.notes.map((note, index) => (
                        <span key={index} className="mt-1 block border-l-2 border-heal/40 pl-3 text-ink-2">
                          {note.text} <Cites ids={note.cites} refs={refs} /> <Author name={note.author} />
                        </span>
                      ))}
                    </span>
                  </li>
                ))}
              </ul>
            </div>
          ) : null}
          <Skeptic story={story} />
          <Removed story={story} />
        </div>
      )}
    </Panel>
  );
}

const headline = ({ kind, node }: CauseView) => `${name(CAUSE, kind)}${node === null ? "" : ` at ${node}`}`;

function Thumbs({ cause, incident, decides }: { cause: CauseView; incident: string; decides: boolean }) {
  const drill = useDrill();
  const send = useMutation({
    mutationFn: (thumb: 1 | -1) =>
      call("POST", PATHS.CAUSE_FEEDBACK, {
        params: { id: incident, cause: cause.id },
        query: { drill },
        body: { thumb },
      }),
    onSuccess: () => toast.success("Feedback saved. It is used for similar incidents."),
    onSettled: useRefreshAfter("cause.feedback", { incident_id: incident }),
  });
  if (!decides && cause.feedback === null) return null;
  return (
    <span className="ml-auto inline-flex items-center gap-1">
      {cause.feedback === null ? (
        <span className="text-xs text-ink-3">Is it correct?</span>
      ) : (
        <span className="text-xs text-ink-3">
          {cause.feedback_by} says it is {cause.feedback > 0 ? "correct" : "wrong"}
        </span>
      )}
      {([1, -1] as const).map((thumb) => {
        const Icon = thumb === 1 ? ThumbsUp : ThumbsDown;
        return (
          <Button
            key={thumb}
            look="quiet"
            size="icon"
            disabled={!decides}
            busy={send.isPending && send.variables === thumb}
            aria-label={thumb === 1 ? "The cause is correct" : "The cause is wrong"}
            aria-pressed={cause.feedback === thumb}
            onClick={() => send.mutate(thumb)}
          >
            <Icon className={cn(cause.feedback === thumb && "text-accent")} aria-hidden />
          </Button>
        );
      })}
    </span>
  );
}

const RESULT = { seen: "seen", not_seen: "checked, not seen", not_looked: "not checked" } as const;
const RESULT_INK = { seen: "text-hold", not_seen: "text-ok", not_looked: "text-spent" } as const;

function Skeptic({ story: { investigation } }: { story: ServiceStory }) {
  const skeptic = investigation?.report?.skeptic;
  if (!skeptic || skeptic.refutations.length === 0) return null;
  return (
    <div>
      <h3 className="eyebrow mb-1.5">
        If the top cause were wrong, you would see
        {skeptic.swapped ? " (the top two were swapped by this check)" : ""}
      </h3>
      <ul className="space-y-1 text-sm">
        {skeptic.refutations.map((doubt, index) => (
          <li key={index} className="break-words">
            {doubt.wouldSee}:{" "}
            <strong className={cn("font-medium", RESULT_INK[doubt.result])}>{RESULT[doubt.result]}</strong>
            <span className="text-ink-3">, {doubt.because}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Removed({ story: { investigation } }: { story: ServiceStory }) {
  const removed = investigation?.report?.removed ?? [];
  if (removed.length === 0) return null;
  return (
    <details>
      <summary className="w-fit rounded-sm text-sm text-ink-2 hover:text-ink">
        {removed.length} {removed.length === 1 ? "sentence was" : "sentences were"} removed: not supported by the
        evidence
      </summary>
      <ul className="mt-2 space-y-1.5 text-sm">
        {removed.map((sentence, index) => (
          <li key={index} className="break-words text-ink-2">
            <span className="line-through">{sentence.text}</span>{" "}
            <span className="text-xs text-ink-3">
              {sentence.why} · {sentence.author === "local" ? "local analysis" : sentence.author}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
