"use client";

import { useQuery } from "@tanstack/react-query";
import { Waypoints } from "lucide-react";
import Link from "next/link";
import { AGENT_STATES } from "@/lib/core/vocabulary";
import { AGENT } from "@/components/status/states";
import { INK, SOLID } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { Empty, Skeleton } from "@/components/ui/feedback";
import { integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { overviewQuery } from "./queries";

/** The fleet by state: one bar in proportion, and a line a state that leads to those agents. */
export function FleetStates() {
  const { data } = useQuery(overviewQuery);
  const states = AGENT_STATES.map((state) => ({ state, count: data?.agents.by_state[state] ?? 0 }));
  const total = states.reduce((sum, { count }) => sum + count, 0);
  return (
    <Panel title="Agents by state">
      {!data ? (
        <Skeleton className="h-32" />
      ) : total === 0 ? (
        <Empty icon={Waypoints} title="No agent has reported yet" className="py-6">
          The first event that arrives with an ingest key registers its agent.
        </Empty>
      ) : (
        <>
          <div className="flex h-2 gap-0.5 overflow-hidden rounded-full" aria-hidden>
            {states.map(({ state, count }) =>
              count > 0 ? (
                <div key={state} className={SOLID[AGENT[state].tone]} style={{ flexGrow: count, minWidth: 4 }} />
              ) : null,
            )}
          </div>
          <ul className="mt-3 grid grid-cols-2 gap-x-6 sm:grid-cols-1">
            {states.map(({ state, count }) => {
              const { icon: Icon, label, tone } = AGENT[state];
              return (
                <li key={state}>
                  <Link
                    href={`/agents?state=${state}`}
                    className={cn(
                      "-mx-1.5 flex h-7 items-center gap-2 rounded-md px-1.5 text-sm hover:bg-hover",
                      count === 0 && "text-ink-3",
                    )}
                  >
                    <Icon className={cn("size-4", count === 0 ? "text-ink-3" : INK[tone])} aria-hidden />
                    {label}
                    <span className="num ml-auto font-medium">{integer(count)}</span>
                  </Link>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </Panel>
  );
}
