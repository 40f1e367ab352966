"use client";

import { useQuery } from "@tanstack/react-query";
import { BellRing, Network } from "lucide-react";
import Link from "next/link";
import { SERVICE, WORST_FIRST } from "@/components/services/states";
import { Badge, INK, SOLID } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { Empty, Skeleton } from "@/components/ui/feedback";
import { duration, integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { overviewQuery } from "./queries";

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
              {integer(services.firing)} {services.firing === 1 ? "alert fires" : "alerts fire"}
            </Badge>
          </Link>
        ) : null
      }
    >
      {!services ? (
        <Skeleton className="h-28" />
      ) : services.total === 0 ? (
        <Empty icon={Network} title="No service is known yet" className="py-6">
          They appear with the first alert, from Prometheus, from traces or from a file.
        </Empty>
      ) : (
        <>
          <div className="flex h-2 gap-0.5 overflow-hidden rounded-full" aria-hidden>
            {WORST_FIRST.map((state) => {
              const count = services.by_state[state] ?? 0;
              return count > 0 ? (
                <div key={state} className={SOLID[SERVICE[state].tone]} style={{ flexGrow: count, minWidth: 4 }} />
              ) : null;
            })}
          </div>
          <ul className="mt-3 grid grid-cols-2 gap-x-6 sm:grid-cols-1">
            {WORST_FIRST.map((state) => {
              const { icon: Icon, label, tone } = SERVICE[state];
              const count = services.by_state[state] ?? 0;
              return (
                <li key={state}>
                  <Link
                    href={`/services?state=${state}`}
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
          <dl className="mt-3 grid grid-cols-2 gap-x-6 border-t pt-3">
            <Time label="Time to a person’s answer" of={services.time_to_acknowledge} />
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
