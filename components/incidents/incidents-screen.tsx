"use client";

import { useQuery } from "@tanstack/react-query";
import { SearchX, ShieldCheck, X } from "lucide-react";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import type { IncidentsAnswer } from "@/lib/contracts/incidents";
import { INCIDENT_STATES } from "@/lib/core/vocabulary";
import { PageHead } from "@/components/shell/page-head";
import { IncidentBadge, Severity } from "@/components/status/badges";
import { INCIDENT } from "@/components/status/states";
import { DIAGNOSIS, name } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { duration, integer, percent } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Select } from "@/components/ui/select";
import { Ago, Clock } from "@/components/ui/time";
import { incidentFilters, incidentsFilter } from "./filters";
import { incidentsQuery } from "./queries";

type Summary = IncidentsAnswer["incidents"][number];

export function IncidentsScreen() {
  const [filters, setFilters] = useQueryStates(incidentFilters);
  const { data, error, refetch } = useQuery(incidentsQuery(incidentsFilter(filters)));
  const filtered = filters.state !== "all" || filters.agent !== null || filters.before !== null;
  const oldest = data?.incidents.at(-1);
  const more = data && oldest && data.total > data.incidents.length;
  return (
    <>
      <PageHead
        title="Incidents"
        lead={data ? `${integer(data.total)} ${filtered ? "match" : "recorded"}, newest first` : "Reading"}
      />
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <Select
          label="State"
          value={filters.state}
          onChange={(state) => void setFilters({ state, before: null })}
          options={[
            { value: "all", label: "Any state" },
            { value: "active", label: "Active" },
            { value: "closed", label: "Closed" },
            ...INCIDENT_STATES.map((state) => ({ value: state, label: INCIDENT[state].label })),
          ]}
        />
        {filters.agent === null ? null : <Badge className="h-8">agent {filters.agent}</Badge>}
        {filtered ? (
          <Button look="quiet" onClick={() => void setFilters({ state: null, agent: null, before: null })}>
            <X aria-hidden /> Clear
          </Button>
        ) : null}
      </div>
      {error && !data ? (
        <LoadError what="incidents" error={error} onRetry={() => void refetch()} />
      ) : (
        <Panel flush>
          {!data ? (
            <div className="space-y-3 p-4">
              {Array.from({ length: 6 }, (_, index) => (
                <Skeleton key={index} className="h-9" />
              ))}
            </div>
          ) : data.incidents.length === 0 ? (
            filtered ? (
              <Empty icon={SearchX} title="No incident matches" />
            ) : (
              <Empty icon={ShieldCheck} title="No incident yet">
                When a metric leaves its baseline, what was measured, found, decided and done is recorded here.
              </Empty>
            )
          ) : (
            <ul className="divide-y">
              {data.incidents.map((incident) => (
                <Line key={incident.id} incident={incident} />
              ))}
            </ul>
          )}
        </Panel>
      )}
      {more || filters.before !== null ? (
        <div className="mt-3 flex justify-between gap-2">
          <Button look="quiet" disabled={filters.before === null} onClick={() => void setFilters({ before: null })}>
            Newest
          </Button>
          <Button
            disabled={!more}
            onClick={() => oldest && void setFilters({ before: oldest.opened_at }, { history: "push" })}
          >
            Older
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Line({ incident }: { incident: Summary }) {
  const subjects = incident.subjects.map(({ id }) => id);
  return (
    <li>
      <Link
        href={`/incidents/${encodeURIComponent(incident.id)}`}
        className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1 px-4 py-2.5 -outline-offset-2 hover:bg-hover md:grid-cols-[4.5rem_minmax(0,1fr)_9rem_10rem_8rem]"
      >
        <Severity value={incident.severity} className="order-2 md:order-none" />
        <span className="min-w-0">
          <span className="block truncate text-sm font-medium">{incident.title}</span>
          <span className="block truncate text-xs text-ink-3">
            {subjects.slice(0, 3).join(", ")}
            {subjects.length > 3 ? ` and ${subjects.length - 3} more` : ""}
            {incident.outcome
              ? ` · ${incident.outcome}`
              : incident.would_have
                ? ` · would have: ${incident.would_have}`
                : ""}
          </span>
        </span>
        <span className="order-3 justify-self-start md:order-none">
          <IncidentBadge state={incident.state} />
        </span>
        <span className="hidden truncate text-sm text-ink-2 md:block">
          {name(DIAGNOSIS, incident.diagnosis)}
          {incident.confidence === null ? null : (
            <span className="num text-xs text-ink-3"> {percent(incident.confidence)}</span>
          )}
        </span>
        <span className="num order-4 text-right text-xs text-ink-3 md:order-none">
          <Clock at={incident.opened_at} />
          <span className="hidden md:block">
            {incident.closed_at === null ? (
              <Ago at={incident.opened_at} />
            ) : (
              `lasted ${duration(incident.closed_at - incident.onset_at)}`
            )}
          </span>
        </span>
      </Link>
    </li>
  );
}
