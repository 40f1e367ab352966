"use client";

import { useQuery } from "@tanstack/react-query";
import { EyeOff, Network, SearchX, X } from "lucide-react";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { useMemo } from "react";
import type { ServicesAnswer } from "@/lib/contracts/services";
import { RunDrill } from "@/components/drills/run-drill";
import { PageHead } from "@/components/shell/page-head";
import { Button } from "@/components/ui/button";
import { Callout, Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { integer, sentence } from "@/components/ui/format";
import { Segmented } from "@/components/ui/segmented";
import { PageSearch } from "@/components/ui/page-search";
import { Select } from "@/components/ui/select";
import { Ago } from "@/components/ui/time";
import { matches, serviceFilters } from "./filters";
import { servicesQuery } from "./queries";
import { ServiceList } from "./service-list";
import { SERVICE, WORST_FIRST } from "./states";

const MAP_HEIGHT = "h-[calc(100dvh-17rem)] min-h-96";
// The map measures the page: it is of no use on the server, and most visits do without it.
const ServiceMap = dynamic(() => import("./service-map").then((module) => module.ServiceMap), {
  ssr: false,
  loading: () => <Skeleton className={`rounded-[0.625rem] ${MAP_HEIGHT}`} />,
});

const ANY = "";

export function ServicesScreen() {
  const { data, error, refetch } = useQuery(servicesQuery);
  return (
    <>
      <PageHead
        title="Services"
        lead={
          data
            ? `${integer(data.services.length)} known, worst first. Services without data show as Unknown.`
            : "Loading"
        }
        actions={<RunDrill />}
      />
      {error && !data ? (
        <LoadError what="services" error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton className="h-96 rounded-[0.625rem]" />
      ) : (
        <Loaded data={data} />
      )}
    </>
  );
}

function Loaded({ data }: { data: ServicesAnswer }) {
  const [filters, setFilters] = useQueryStates(serviceFilters);
  const { q, state, owner, firing, view } = filters;
  const shown = useMemo(
    () => data.services.filter((service) => matches(service, { q, state, owner, firing })),
    [data.services, q, state, owner, firing],
  );
  const owners = [...new Set(data.services.flatMap((service) => service.owner ?? []))].toSorted();
  const alarmed = data.services.filter((service) => service.firing > 0).length;
  const filtered = q !== "" || state !== null || owner !== null || firing;
  return (
    <>
      {data.sources.prometheus ? null : (
        <Callout tone="warn" icon={EyeOff} title="No metrics source" className="mb-4">
          PROMETHEUS_URL is not set: services are discovered from alerts, traces and files only. Those that send no
          traces over OpenTelemetry stay Unknown until an alert fires.
        </Callout>
      )}
      {data.sources.unread.map(({ source, reason, since }) => (
        <Callout key={source} tone="warn" icon={EyeOff} title={`Could not read ${source}`} className="mb-4">
          {sentence(reason)} No data from it for <Ago at={since} suffix="" />.
        </Callout>
      ))}
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <PageSearch
          className="flex-1 basis-full sm:max-w-64 sm:basis-auto"
          label="Search services by name, owner, kind or version"
          placeholder="Name, owner, kind or version"
          value={q}
          onChange={(q) => void setFilters({ q })}
        />
        <Select
          label="State"
          value={state ?? ANY}
          options={[
            { value: ANY, label: "Any state" },
            ...WORST_FIRST.map((each) => ({
              value: each,
              label: `${SERVICE[each].label} (${integer(data.by_state[each] ?? 0)})`,
            })),
          ]}
          onChange={(next) => void setFilters({ state: next === ANY ? null : (next as typeof state) })}
        />
        {owners.length > 0 ? (
          <Select
            label="Owner"
            value={owner ?? ANY}
            options={[{ value: ANY, label: "Any owner" }, ...owners.map((each) => ({ value: each, label: each }))]}
            onChange={(next) => void setFilters({ owner: next || null })}
            className="max-w-48"
          />
        ) : null}
        <Select
          label="Alerts"
          value={firing ? "firing" : ANY}
          options={[
            { value: ANY, label: "With or without alerts" },
            { value: "firing", label: `With firing alerts (${integer(alarmed)})` },
          ]}
          onChange={(next) => void setFilters({ firing: next === ANY ? null : true })}
        />
        {filtered ? (
          <Button look="quiet" onClick={() => void setFilters({ q: null, state: null, owner: null, firing: null })}>
            <X aria-hidden /> Clear
          </Button>
        ) : null}
        <Segmented
          label="View"
          value={view}
          options={[
            { value: "list", label: "List" },
            { value: "map", label: "Dependency map" },
          ]}
          onChange={(next) => void setFilters({ view: next }, { history: "push" })}
          className="sm:ml-auto"
        />
      </div>
      {data.services.length === 0 ? (
        <Empty icon={Network} title="No services yet">
          Services appear once they are seen in an alert, in Prometheus, in traces or in the services file. Create alert
          sources under Settings.
        </Empty>
      ) : shown.length === 0 ? (
        <Empty icon={SearchX} title="No matching services" />
      ) : view === "map" ? (
        <ServiceMap services={shown} all={data.services} edges={data.edges} className={MAP_HEIGHT} />
      ) : (
        <ServiceList services={shown} />
      )}
    </>
  );
}
