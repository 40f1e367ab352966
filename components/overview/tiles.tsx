"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { measure } from "@/lib/core/base/amounts";
import type { OverviewAnswer } from "@/lib/contracts/overview";
import { cn } from "@/components/ui/cn";
import { compact, duration, integer, percent } from "@/components/ui/format";
import { Skeleton } from "@/components/ui/feedback";
import { useNow } from "@/components/ui/now";
import { overviewQuery } from "./queries";

/** A sweep is due every second; one this late means that nothing is being evaluated. */
const SWEEP_LATE_MS = 15_000;

export function Tiles() {
  const { data } = useQuery(overviewQuery);
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-[0.625rem] border bg-line md:grid-cols-4">
      {data ? <Filled data={data} /> : Array.from({ length: 8 }, (_, index) => <Waiting key={index} />)}
    </dl>
  );
}

function Filled({ data }: { data: OverviewAnswer }) {
  const { agents, events, incidents, healing } = data;
  const told = healing.recovered + healing.no_effect + healing.worse;
  return (
    <>
      <Tile label="Agents live" value={integer(agents.live)} note={`of ${integer(agents.total)} known`} />
      <Tile label="Events per second" value={measure(events.per_second)} note={`${compact(events.total)} in total`} />
      <Tile
        label="Active incidents"
        value={integer(incidents.active)}
        note={incidents.escalated > 0 ? `${incidents.escalated} escalated` : `${integer(incidents.last_24h)} in 24 h`}
        loud={incidents.escalated > 0}
      />
      <Tile
        label="Recovered after healing"
        value={integer(healing.recovered)}
        note={`of ${integer(healing.attempts)} ${healing.attempts === 1 ? "attempt" : "attempts"}`}
      />
      <Tile
        label="Success rate"
        value={healing.success_rate === null ? "unknown" : percent(Math.min(1, healing.success_rate))}
        note={told === 0 ? "nothing measured yet" : `of ${integer(told)} with a conclusive outcome`}
      />
      <Tile label="Time to contain" value={middle(data.time_to_contain)} note={spread(data.time_to_contain)} />
      <Tile label="Time to recover (MTTR)" value={middle(data.time_to_heal)} note={spread(data.time_to_heal)} />
      <Sweep data={data} />
    </>
  );
}

const middle = (q: OverviewAnswer["time_to_heal"]) => (q === null ? "unknown" : duration(q.p50));
const spread = (q: OverviewAnswer["time_to_heal"]) =>
  q === null ? "none so far" : `median of ${integer(q.n)} · p90 ${duration(q.p90)}`;

function Sweep({ data }: { data: OverviewAnswer }) {
  const now = useNow();
  const { swept_at, lag_events } = data.sweep;
  const age = swept_at === null ? null : Math.max(0, now - swept_at);
  const late = age === null || age > SWEEP_LATE_MS;
  return (
    <Tile
      label="Last evaluation"
      value={age === null ? "unknown" : `${duration(age)} ago`}
      note={
        late
          ? "nothing is being evaluated"
          : lag_events === 0
            ? "no backlog"
            : `${compact(lag_events)} events in the backlog`
      }
      loud={late}
    />
  );
}

function Tile({ label, value, note, loud }: { label: string; value: string; note: ReactNode; loud?: boolean }) {
  const unknown = value === "unknown";
  return (
    <div className="bg-surface px-4 py-3">
      <dt className="eyebrow">{label}</dt>
      <dd className={cn("num mt-0.5 text-xl font-semibold tracking-tight", unknown && "font-normal text-ink-3")}>
        {value}
      </dd>
      <dd className={cn("num text-xs", loud ? "font-medium text-hold" : "text-ink-3")}>{note}</dd>
    </div>
  );
}

const Waiting = () => (
  <div className="bg-surface px-4 py-3">
    <Skeleton className="h-3 w-20" />
    <Skeleton className="mt-2 h-6 w-14" />
    <Skeleton className="mt-2 h-3 w-24" />
  </div>
);
