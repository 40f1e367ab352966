"use client";

import { useQuery } from "@tanstack/react-query";
import { BellRing, Network } from "lucide-react";
import Link from "next/link";
import { SERVICE, WORST_FIRST } from "@/components/services/states";
import { Badge } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { Empty, Skeleton } from "@/components/ui/feedback";
import { duration, integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { overviewQuery } from "./queries";
import { StateCounts } from "./state-counts";

/** Services by state, the worst first, and how long their incidents took to be answered and to be over. */
export function ServiceStates() {
  const { data } = useQuery(overviewQuery);
  const services = data?.services;
  return (
    <Panel
      title="Services by state"
      actions={
        services && services.firing > 0 ? (
          <Link href="/services?firing=true">
            <Badge tone="hold" icon={BellRing}>
              {integer(services.firing)} {services.firing === 1 ? "alert firing" : "alerts firing"}
            </Badge>
          </Link>
        ) : null
      }
    >
      {!services ? (
        <Skeleton className="h-28" />
      ) : services.total === 0 ? (
        <Empty icon={Network} title="No services yet" className="py-6">
          Services appear once they are seen in an alert, in Prometheus, in traces or in the services file.
        </Empty>
      ) : (
        <>
          <StateCounts
            counts={WORST_FIRST.map((state) => ({
              state,
              count: services.by_state[state] ?? 0,
              href: `/services?state=${state}`,
              looks: SERVICE[state],
            }))}
          />
          <dl className="mt-3 grid grid-cols-2 gap-x-6 border-t pt-3">
            <Time label="Time to acknowledge (MTTA)" of={services.time_to_acknowledge} />
            <Time label="Time to resolve" of={services.time_to_resolve} />
          </dl>
        </>
      )}
    </Panel>
  );
}

function Time({ label, of }: { label: string; of: { p50: number; p90: number; n: number } | null }) {
  return (
    <div>
      <dt className="eyebrow">{label}</dt>
      <dd className={cn("num text-sm font-medium", of === null && "font-normal text-ink-3")}>
        {of === null ? "none so far" : duration(of.p50)}
      </dd>
      {of === null ? null : (
        <dd className="num text-xs text-ink-3">
          median of {integer(of.n)} · p90 {duration(of.p90)}
        </dd>
      )}
    </div>
  );
}
