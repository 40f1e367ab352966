"use client";

import { useQuery } from "@tanstack/react-query";
import { Waypoints } from "lucide-react";
import { AGENT_STATES } from "@/lib/core/base/vocabulary";
import { AGENT } from "@/components/status/states";
import { Empty, Skeleton } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { overviewQuery } from "./queries";
import { StateCounts } from "./state-counts";

/** The fleet by state: one bar in proportion, and a line a state that leads to those agents. */
export function FleetStates() {
  const { data } = useQuery(overviewQuery);
  const counts = AGENT_STATES.map((state) => ({
    state,
    count: data?.agents.by_state[state] ?? 0,
    href: `/agents?state=${state}`,
    looks: AGENT[state],
  }));
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  return (
    <Panel title="Agents by state">
      {!data ? (
        <Skeleton className="h-32" />
      ) : total === 0 ? (
        <Empty icon={Waypoints} title="No agent has reported yet" className="py-6">
          The first event that arrives with an ingest key registers its agent.
        </Empty>
      ) : (
        <StateCounts counts={counts} />
      )}
    </Panel>
  );
}
