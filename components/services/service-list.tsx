"use client";

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { BellRing, CircleHelp } from "lucide-react";
import Link from "next/link";
import { useLayoutEffect, useRef, useState } from "react";
import type { ServiceSummary } from "@/lib/contracts/services";
import { LookAlikeBadge } from "@/components/status/look-alike";
import { Badge } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { Ago } from "@/components/ui/time";
import { ServiceBadge, STRIPE } from "./badges";
import { Reading } from "./reading";
import { knownFrom } from "./states";

/** What a row is taken to measure until it is seen. */
const ROW_HEIGHT = 76;
/** Rows kept ready above and below what is seen. */
const OVERSCAN = 6;
/** Drawn before anything is measured (on the server): about a screenful. */
const FIRST_PAINT = 14;

/** Services under each other; only those in sight exist. */
export function ServiceList({ services }: { services: readonly ServiceSummary[] }) {
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState<number | null>(null);
  useLayoutEffect(() => {
    const measure = () => {
      if (list.current) setTop(Math.round(list.current.getBoundingClientRect().top + scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  // oxlint-disable-next-line react/incompatible-library -- the compiler is not used here
  const rows = useWindowVirtualizer({
    count: services.length,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => services[index]!.id,
    overscan: OVERSCAN,
    scrollMargin: top ?? 0,
    useFlushSync: false,
  });
  if (top === null)
    return (
      <ul ref={list} className="panel divide-y overflow-hidden" aria-label="Services">
        {services.slice(0, FIRST_PAINT).map((service) => (
          <li key={service.id}>
            <Line service={service} />
          </li>
        ))}
      </ul>
    );
  return (
    <ul
      ref={list}
      className="panel relative overflow-hidden"
      style={{ height: rows.getTotalSize() + 2 }}
      aria-label="Services"
    >
      {rows.getVirtualItems().map((row) => (
        <li
          key={row.key}
          ref={rows.measureElement}
          data-index={row.index}
          aria-setsize={services.length}
          aria-posinset={row.index + 1}
          className={cn("absolute inset-x-0 top-0", row.index > 0 && "border-t")}
          style={{ transform: `translateY(${row.start - top}px)` }}
        >
          <Line service={services[row.index]!} />
        </li>
      ))}
    </ul>
  );
}

function Line({ service }: { service: ServiceSummary }) {
  const { id, looks_like: other, state, signals, firing, incident_id: incident, watched } = service;
  return (
    <article className="relative grid gap-x-5 gap-y-2 py-2.5 pr-4 pl-5 hover:bg-hover/60 lg:grid-cols-[minmax(0,14.5rem)_1fr_7.5rem] 2xl:grid-cols-[minmax(0,18rem)_1fr_8rem]">
      <span className={cn("absolute inset-y-0 left-0 w-1", STRIPE[state])} aria-hidden />
      <div className="min-w-0">
        <div className="flex min-w-0 items-center gap-2">
          <Link
            href={`/services/${encodeURIComponent(id)}`}
            title={id}
            className="min-w-0 truncate rounded-sm font-semibold tracking-tight hover:underline"
          >
            {id}
          </Link>
          <ServiceBadge state={state} />
        </div>
        <p className="mt-1 truncate text-xs text-ink-3">
          {[
            service.kind === "service" ? null : service.kind,
            ...service.scope,
            service.owner ?? "no owner known",
            service.version === null ? "version unknown" : service.version,
            service.measured_by === "traces" ? "source: traces" : null,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      {watched && signals.length > 0 ? (
        <div className="grid min-w-0 grid-cols-3 gap-x-4 gap-y-2 sm:flex sm:flex-wrap xl:gap-x-5">
          {signals.map((signal) =>
            // Whether it can be reached is what its state says.
            signal.name === "up" ? null : <Reading key={signal.name} signal={signal} />,
          )}
        </div>
      ) : (
        <p className="flex items-center gap-1.5 self-center text-xs text-ink-2">
          <CircleHelp className="size-3.5 shrink-0 text-mute" aria-hidden />
          {watched ? "Not measured yet." : `Not measured; discovered through ${knownFrom(service.source)}.`}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-3 lg:flex-col lg:items-end">
        {firing > 0 ? (
          <Badge tone="hold" icon={BellRing}>
            {firing} firing
          </Badge>
        ) : null}
        <span className="num">
          {watched ? "data" : "seen"} <Ago at={service.last_seen_at} />
        </span>
        {incident === null ? null : (
          <Link href={`/incidents/${encodeURIComponent(incident)}`} className="text-accent hover:underline">
            Incident
          </Link>
        )}
      </div>
      {other === null ? null : (
        <p className="flex min-w-0 lg:col-span-3">
          <LookAlikeBadge name={id} other={other} />
        </p>
      )}
    </article>
  );
}
