"use client";

import { useQuery } from "@tanstack/react-query";
import { Check, Clapperboard, X } from "lucide-react";
import Link from "next/link";
import type { DrillView } from "@/lib/contracts/drills";
import { PageHead } from "@/components/shell/page-head";
import { IncidentBadge } from "@/components/status/badges";
import { Badge } from "@/components/ui/badge";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Ago, Until } from "@/components/ui/time";
import { DeleteAllDrills, DeleteDrill } from "./delete-drill";
import { DrillBadge } from "./drill-badge";
import { drillsQuery } from "./queries";
import { RunDrill } from "./run-drill";

export function DrillsScreen() {
  const { data, error, refetch } = useQuery(drillsQuery);
  return (
    <>
      <PageHead
        title="Drills"
        lead="Recorded incidents, each replayed in a sandbox. Drills do not affect real systems or statistics, and each drill is deleted within a day."
        actions={
          <>
            {data && data.drills.length > 1 ? <DeleteAllDrills /> : null}
            <RunDrill look="primary" />
          </>
        }
      />
      {error && !data ? (
        <LoadError what="the drills" error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton className="h-64 rounded-[0.625rem]" />
      ) : (
        <Panel flush>
          {data.drills.length === 0 ? (
            <Empty icon={Clapperboard} title="No drills running">
              Run one to follow an incident from alert to post-mortem and to practise decisions.
            </Empty>
          ) : (
            <ul className="divide-y" aria-label="Drills">
              {data.drills.map((drill) => (
                <Line key={drill.id} drill={drill} />
              ))}
            </ul>
          )}
        </Panel>
      )}
    </>
  );
}

function Line({ drill }: { drill: DrillView }) {
  const { incident } = drill;
  return (
    <li className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1.5 px-4 py-2.5 hover:bg-hover/50 lg:grid-cols-[minmax(0,1fr)_10rem_9rem_13rem_auto]">
      <div className="min-w-0">
        <p className="flex items-center gap-2 text-sm font-medium">
          <DrillBadge />
          <Link href={`/drills/${encodeURIComponent(drill.id)}`} className="truncate hover:underline">
            {drill.title}
          </Link>
        </p>
        <p className="mt-0.5 truncate text-xs text-ink-3">
          <span className="font-mono">{drill.id}</span> · {incident.title}
        </p>
      </div>
      <span className="max-lg:order-3">
        <IncidentBadge state={incident.state} />
      </span>
      <span className="max-lg:order-4 max-lg:justify-self-end">
        <CauseBadge answer={drill.answer} />
      </span>
      <span className="num text-xs text-ink-3 max-lg:order-5 max-lg:col-span-2">
        started <Ago at={drill.fired_at} /> by {drill.fired_by}
        <span className="block max-lg:inline max-lg:pl-1.5">
          deleted <Until at={drill.expires_at} />
        </span>
      </span>
      <span className="max-lg:order-2">
        <DeleteDrill id={drill.id} title={drill.title} />
      </span>
    </li>
  );
}

/** Whether the first cause that was found is what was behind it; nothing until the drill is over. */
export const CauseBadge = ({ answer }: { answer: DrillView["answer"] }) =>
  answer === null ? null : answer.right ? (
    <Badge tone="ok" icon={Check}>
      cause found
    </Badge>
  ) : (
    <Badge tone="warn" icon={X}>
      cause missed
    </Badge>
  );
