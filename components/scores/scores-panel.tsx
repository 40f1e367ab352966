"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDashed, CircleX } from "lucide-react";
import type { IncidentScoresAnswer } from "@/lib/contracts/scores";
import type { IncidentSummary } from "@/lib/contracts/incidents";
import { useDrill } from "@/components/drills/world";
import { Badge } from "@/components/ui/badge";
import { LoadError, Skeleton } from "@/components/ui/feedback";
import { duration, integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Dimensions } from "./dimensions";
import { incidentScoresQuery } from "./queries";
import { Verdicts } from "./verdicts";
import { mark } from "./words";

type Incident = Pick<IncidentSummary, "id" | "kind" | "closed_at">;

/** How Sentinel handled an incident, once it is closed. A containment limit has no scores: it happened to nobody. */
export function ScoresPanel({ incident }: { incident: Incident }) {
  return incident.closed_at === null || incident.kind === "limit" || incident.kind === "budget" ? null : (
    <Closed incident={incident} closedAt={incident.closed_at} />
  );
}

function Closed({ incident, closedAt }: { incident: Incident; closedAt: number }) {
  const { data, error, refetch } = useQuery(incidentScoresQuery(incident.id, closedAt, useDrill()));
  if (data === undefined)
    return (
      <Panel title="Scores">
        {error ? <LoadError what="the scores" error={error} onRetry={() => void refetch()} /> : <Skeleton />}
      </Panel>
    );
  const { scored } = data;
  if (scored === null)
    return (
      <Panel title="Scores">
        <p className="text-sm text-ink-2">
          Not scored yet. Scores appear a few seconds after the incident closes. If it continues as another incident,
          see the scores there.
        </p>
      </Panel>
    );
  return (
    <Panel
      id="scores"
      flush
      title="Scores"
      hint="how Sentinel handled this incident, 0 to 5 each"
      actions={
        <>
          <span className="num text-sm font-semibold">{mark(scored.mean)}</span>
          <Passed passed={scored.passed} />
        </>
      }
    >
      <Dimensions scores={scored.scores} answers={scored.answers} />
      <Figures scored={scored} />
      <Verdicts incident={incident} answer={data} />
    </Panel>
  );
}

export const Passed = ({ passed }: { passed: boolean | null }) =>
  passed === null ? (
    <Badge icon={CircleDashed} title="Passed or failed is decided once a person gives a verdict">
      no verdict yet
    </Badge>
  ) : passed ? (
    <Badge tone="ok" icon={CircleCheck}>
      passed
    </Badge>
  ) : (
    <Badge tone="hold" icon={CircleX}>
      failed
    </Badge>
  );

type Scored = Pick<
  NonNullable<IncidentScoresAnswer["scored"]>,
  "detection_delay_ms" | "time_to_proposal_ms" | "tokens" | "usd"
>;

/** What stands beside the scores: how long it took, and what it cost. */
export function Figures({ scored }: { scored: Scored }) {
  const figures = [
    ["Detected after", scored.detection_delay_ms === null ? "not detected" : duration(scored.detection_delay_ms)],
    ["Proposal after", scored.time_to_proposal_ms === null ? "no proposal" : duration(scored.time_to_proposal_ms)],
    ["Tokens", integer(scored.tokens)],
    ["Cost", `$${scored.usd.toFixed(scored.usd > 0 && scored.usd < 0.1 ? 4 : 2)}`],
  ] as const;
  return (
    <dl className="grid grid-cols-2 gap-px border-t bg-line sm:grid-cols-4">
      {figures.map(([label, value]) => (
        <div key={label} className="bg-surface px-4 py-2">
          <dt className="eyebrow">{label}</dt>
          <dd className="num text-sm">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
