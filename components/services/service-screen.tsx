"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowLeftToLine, ArrowRightToLine, CircleHelp, Wrench } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useMemo, useState } from "react";
import type { ServiceDetail } from "@/lib/contracts/services";
import { useSession } from "@/components/access/session";
import { MaintenanceDialog } from "@/components/settings/maintenance-dialog";
import { NotLoaded } from "@/components/shell/not-loaded";
import { PageHead } from "@/components/shell/page-head";
import { IncidentBadge, Severity } from "@/components/status/badges";
import { LookAlikeNote } from "@/components/status/look-alike";
import { INK } from "@/components/ui/badge";
import { Button, buttonStyle } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Callout } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Tabs } from "@/components/ui/tabs";
import { Ago } from "@/components/ui/time";
import { ServiceBadge } from "./badges";
import { Alerts, ServiceChanges, ServiceIncidents } from "./history";
import { serviceQuery, servicesQuery } from "./queries";
import { SignalsPanel } from "./signals-panel";
import { knownFrom, SERVICE, unknownHealth } from "./states";

const TABS = ["alerts", "changes", "incidents"] as const;

export function ServiceScreen({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(serviceQuery(id));
  if (!data)
    return (
      <NotLoaded
        what="service"
        all="/services"
        missing="The service does not appear in any metric, alert, trace or file."
        error={error}
        onRetry={() => void refetch()}
      />
    );
  return <Loaded detail={data} />;
}

function Loaded({ detail }: { detail: ServiceDetail }) {
  const { service, alerts, changes, incidents } = detail;
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("alerts"));
  const [muting, setMuting] = useState(false);
  const { decides } = useSession();
  const open = incidents.find(({ id }) => id === service.incident_id);
  return (
    <>
      <PageHead
        above={
          <Link href="/services" className="hover:text-ink hover:underline">
            Services
          </Link>
        }
        title={<span className="wrap-anywhere">{service.id}</span>}
        lead={
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <ServiceBadge state={service.state} />
            <span className="num text-xs text-ink-3">
              since <Ago at={service.state_since} /> · {service.watched ? "last data" : "last seen"}{" "}
              <Ago at={service.last_seen_at} />
            </span>
          </span>
        }
        actions={
          decides ? (
            <Button onClick={() => setMuting(true)}>
              <Wrench aria-hidden /> Maintenance
            </Button>
          ) : null
        }
      />
      <div className="space-y-4">
        {service.looks_like === null ? null : (
          <LookAlikeNote
            name={service.id}
            other={service.looks_like}
            href={`/services/${encodeURIComponent(service.looks_like)}`}
          />
        )}
        {service.state === "unknown" ? (
          <Callout tone="mute" icon={CircleHelp} title="Health unknown">
            {unknownHealth(service)}
          </Callout>
        ) : null}
        {open ? (
          <Panel className="border-line-strong">
            <Link href={`/incidents/${encodeURIComponent(open.id)}`} className="font-semibold hover:underline">
              {open.title}
            </Link>
            <p className="mt-1 flex flex-wrap items-center gap-2 text-xs text-ink-2">
              <IncidentBadge state={open.state} />
              <Severity value={open.severity} />
              <span>
                opened <Ago at={open.opened_at} />
              </span>
            </p>
          </Panel>
        ) : null}
        <div className="grid items-start gap-4 xl:grid-cols-[1fr_20rem]">
          <div className="min-w-0 space-y-4">
            <SignalsPanel detail={detail} />
            <div className="panel px-3 pt-1 [&_[role=tabpanel]]:-mx-3 [&_[role=tabpanel]]:pt-0">
              <Tabs
                label="About this service"
                value={tab}
                onChange={(next) => void setTab(next as typeof tab)}
                tabs={[
                  { value: "alerts", label: "Alerts", count: alerts.length, content: <Alerts alerts={alerts} /> },
                  {
                    value: "changes",
                    label: "Changes",
                    count: changes.length,
                    content: <ServiceChanges changes={changes} />,
                  },
                  {
                    value: "incidents",
                    label: "Incidents",
                    count: incidents.length,
                    content: <ServiceIncidents incidents={incidents} />,
                  },
                ]}
              />
            </div>
          </div>
          <div className="min-w-0 space-y-4">
            <Neighbours detail={detail} />
            <Facts detail={detail} />
          </div>
        </div>
      </div>
      <MaintenanceDialog
        key={muting ? "open" : "closed"}
        open={muting}
        service={service.id}
        onClose={() => setMuting(false)}
      />
    </>
  );
}

function Neighbours({ detail: { callers, callees } }: { detail: ServiceDetail }) {
  const { data } = useQuery(servicesQuery);
  const states = useMemo(() => new Map(data?.services.map(({ id, state }) => [id, state])), [data]);
  const lists = [
    { title: "Called by", ids: callers, icon: ArrowRightToLine, none: "No known callers." },
    { title: "Calls", ids: callees, icon: ArrowLeftToLine, none: "No known dependencies." },
  ];
  return (
    <Panel
      title="Dependencies"
      actions={
        <Link href="/services?view=map" className={buttonStyle({ look: "quiet", size: "sm" })}>
          Map
        </Link>
      }
    >
      {lists.map(({ title, ids, icon: Icon, none }) => (
        <div key={title} className="[&+&]:mt-4">
          <h3 className="eyebrow flex items-center gap-1.5">
            <Icon className="size-3" aria-hidden /> {title}
          </h3>
          {ids.length === 0 ? (
            <p className="mt-1 text-sm text-ink-3">{none}</p>
          ) : (
            <ul className="mt-1 max-h-72 overflow-y-auto">
              {ids.map((id) => {
                const { icon: State, tone, label } = SERVICE[states.get(id) ?? "unknown"];
                return (
                  <li key={id}>
                    <Link
                      href={`/services/${encodeURIComponent(id)}`}
                      className="-mx-1.5 flex h-7 items-center gap-2 rounded-md px-1.5 text-sm -outline-offset-2 hover:bg-hover"
                    >
                      <State className={cn("size-4 shrink-0", INK[tone])} aria-hidden />
                      <span className="truncate">{id}</span>
                      <span className={cn("ml-auto shrink-0 text-xs", INK[tone])}>{label}</span>
                    </Link>
                  </li>
                );
              })}
            </ul>
          )}
        </div>
      ))}
    </Panel>
  );
}

const MEASURED = {
  prometheus: "yes, through Prometheus",
  traces: "yes, from traces (spans of its requests, over OTLP)",
  no: "no",
} as const;

function Facts({ detail: { service } }: { detail: ServiceDetail }) {
  const rows = [
    ["Kind", service.kind],
    ["Runs in", service.scope.join(" · ") || "unknown"],
    ["Owner", service.owner ?? "unknown"],
    ["Version", service.version ?? "unknown"],
    ["Discovered through", knownFrom(service.source)],
    ["Measured", MEASURED[service.measured_by ?? "no"]],
  ] as const;
  return (
    <Panel title="Details">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
        {rows.map(([title, value]) => (
          <div key={title} className="contents">
            <dt className="text-ink-3">{title}</dt>
            <dd className={cn("min-w-0 wrap-anywhere", value === "unknown" && "text-ink-3")}>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
