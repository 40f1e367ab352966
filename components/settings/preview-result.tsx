import { TriangleAlert } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import type { PreviewDifference, PreviewEpisode, SettingsPreviewAnswer } from "@/lib/contracts/settings-preview";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Callout } from "@/components/ui/feedback";
import { duration, integer, sentence } from "@/components/ui/format";
import { Clock } from "@/components/ui/time";
import { count, delay, DIFFERENCE, summary, treatment, unjudged } from "./preview-words";

/** Differences that are shown before the rest is asked for. */
const SHOWN = 6;

/** What changed settings would have done differently. `stale`: the form says something else by now. */
export function PreviewResult({
  answer,
  stale,
  onClose,
}: {
  answer: SettingsPreviewAnswer;
  stale: boolean;
  onClose: () => void;
}) {
  const [all, setAll] = useState(false);
  const { replayed, differences, more, record } = answer;
  const rest = differences.length - SHOWN;
  return (
    <div className="space-y-4">
      <header className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h3 className="text-sm font-semibold">{summary(answer)}</h3>
          <p className="num mt-0.5 text-xs text-ink-3">
            <Clock at={replayed.from} /> to <Clock at={replayed.to} /> · {count(replayed.agents, "agent")} ·{" "}
            {count(replayed.events, "event")}
          </p>
        </div>
        <Button size="sm" look="quiet" onClick={onClose}>
          Close
        </Button>
      </header>
      {stale ? (
        <Callout tone="warn" icon={TriangleAlert}>
          The settings have changed since this preview. Preview again to see their effect.
        </Callout>
      ) : null}
      <Totals answer={answer} />
      {differences.length > 0 ? (
        <ul className="divide-y border-y">
          {(all ? differences : differences.slice(0, SHOWN)).map((one) => (
            <DifferenceRow key={`${one.agent} ${one.at} ${one.kind}`} difference={one} />
          ))}
        </ul>
      ) : null}
      {rest > 0 && !all ? (
        <Button size="sm" look="quiet" onClick={() => setAll(true)}>
          Show {count(rest, "more difference")}
        </Button>
      ) : null}
      {all && more > 0 ? <p className="text-xs text-ink-3">and {integer(more)} more that are not listed</p> : null}
      {record.both < Math.max(record.recorded, record.replayed) ? (
        <Callout tone="warn" icon={TriangleAlert} title={agreement(record)}>
          {record.notes.join(" ")}
        </Callout>
      ) : null}
      <How answer={answer} />
    </div>
  );
}

const agreement = ({ recorded, replayed, both }: SettingsPreviewAnswer["record"]): string =>
  `Under the current settings the replay matches the record only in part: ${integer(both)} of ${count(recorded, "recorded episode")} reproduced, ${integer(replayed - both)} additional`;

/** The figures that changed, or matter though they did not: today and with the change. */
function Totals({ answer: { today, changed } }: { answer: SettingsPreviewAnswer }) {
  const figures = [
    { label: "Quarantines", before: today.held, after: changed.held, always: true },
    { label: "Approvals requested", before: today.asked, after: changed.asked, always: true },
    { label: "Actions without approval", before: today.ran, after: changed.ran, always: true },
    { label: "Stopped by a limit", before: today.limited, after: changed.limited },
    { label: "Recorded only", before: today.would_hold, after: changed.would_hold },
    { label: "Shared causes", before: today.shared_cause, after: changed.shared_cause },
  ].filter(({ before, after, always }) => always || before !== after);
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3">
      {figures.map(({ label, before, after }) => (
        <div key={label}>
          <dt className="text-xs text-ink-3">{label}</dt>
          <dd className="num mt-0.5 text-base">
            <span className="text-ink-2">{integer(before)}</span>
            <span className="mx-1.5 text-ink-3" aria-label="becomes">
              →
            </span>
            <span className={cn(before === after ? "text-ink-2" : "font-semibold")}>{integer(after)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function DifferenceRow({ difference }: { difference: PreviewDifference }) {
  const { kind, agent, type, at, incident, today, changed } = difference;
  const { label, tone } = DIFFERENCE[kind];
  const apart = delay(difference);
  return (
    <li className="space-y-1.5 py-3">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <Badge tone={tone}>{label}</Badge>
        <Link href={`/agents/${encodeURIComponent(agent)}`} className="font-medium wrap-anywhere hover:underline">
          {agent}
        </Link>
        <span className="text-ink-3">{type}</span>
        <span className="num ml-auto text-xs text-ink-3">
          <Clock at={at} />
        </span>
      </div>
      <p className="text-sm text-ink-2">
        {sentence((changed ?? today)!.reason)}
        {apart === null ? null : <span className="font-medium text-ink"> {sentence(apart)}</span>}
      </p>
      <dl className="grid gap-x-4 gap-y-0.5 text-xs sm:grid-cols-2">
        <Side label="Current settings" episode={today} />
        <Side label="With the change" episode={changed} />
      </dl>
      {incident === null ? null : (
        <Link
          href={`/incidents/${encodeURIComponent(incident)}`}
          className="text-xs font-medium text-accent hover:underline"
        >
          The recorded incident
        </Link>
      )}
    </li>
  );
}

const Side = ({ label, episode }: { label: string; episode: PreviewEpisode | null }) => (
  <div>
    <dt className="inline text-ink-3">{label}: </dt>
    <dd className="inline">
      {treatment(episode)}
      {episode === null ? null : (
        <span className="num text-ink-3"> · after {count(episode.samples, "deviating sample")}</span>
      )}
    </dd>
  </div>
);

/** What has to be known to believe the rest. */
function How({ answer }: { answer: SettingsPreviewAnswer }) {
  const { replayed, record, cost } = answer;
  return (
    <details className="text-xs text-ink-2">
      <summary className="cursor-pointer text-ink-3 select-none hover:text-ink">How this was replayed</summary>
      <ul className="mt-2 list-disc space-y-1 pl-4">
        <Fact>
          {count(replayed.vitals, "vital")} of {count(replayed.events, "event")} were evaluated with the same detection,
          limits and policy as live events, under the current settings and under the changed ones.
        </Fact>
        <Fact>
          Baselines were learned from <Clock at={replayed.learned_from} /> on (
          {count(replayed.learned_events, "earlier event")}).
          {replayed.cut === null ? "" : ` The replay does not reach back further: ${replayed.cut}.`}
        </Fact>
        <Fact>
          {record.both === record.recorded && record.both === record.replayed
            ? `Under the current settings the replay matches the record: ${count(record.both, "episode")}.`
            : `${integer(record.both)} of ${count(record.recorded, "recorded episode")} reproduced.`}
        </Fact>
        {answer.unjudged.map((one) => (
          <Fact key={one.why}>{unjudged(one)}.</Fact>
        ))}
        <Fact>
          A quarantined agent is released when the record released it, or after an hour; the effect of healing is not
          simulated. Only the first action of each incident is shown.
        </Fact>
        <Fact>
          Replayed in time steps of {duration(replayed.step_ms)}. It took {duration(cost.seconds * 1_000)} (
          {integer(cost.events_per_second)} events per second). Nothing was saved.
        </Fact>
      </ul>
    </details>
  );
}

const Fact = ({ children }: { children: ReactNode }) => <li className="num">{children}</li>;
