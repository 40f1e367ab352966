"use client";

import { useQuery } from "@tanstack/react-query";
import { SearchX, ShieldCheck, X } from "lucide-react";
import { useQueryStates } from "nuqs";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { PageHead } from "@/components/shell/page-head";
import { INCIDENT } from "@/components/status/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { integer } from "@/components/ui/format";
import { Pager } from "@/components/ui/pager";
import { Panel } from "@/components/ui/panel";
import { Select } from "@/components/ui/select";
import { ASSIGNEES, incidentFilters, incidentsFilter, KINDS } from "./filters";
import { IncidentLine } from "./incident-line";
import { useLineKeys } from "./line-keys";
import { incidentsQuery } from "./queries";

const KIND_LABEL = { all: "Agents and services", agents: "Agents", services: "Services" } as const;
const ASSIGNEE_LABEL = { any: "Any assignee", me: "Assigned to me", none: "Unassigned" } as const;
/** Severities that a list is cut at: an alert's warning, and its critical. */
const FLOORS = [
  { value: "0", label: "Any severity" },
  { value: "4", label: "Severity 4 and up" },
  { value: "7", label: "Severity 7 and up" },
];
const NONE = { state: null, kind: null, assignee: null, severity: null, agent: null, service: null, before: null };

export function IncidentsScreen() {
  const [filters, setFilters] = useQueryStates(incidentFilters);
  const { data, error, refetch } = useQuery(incidentsQuery(incidentsFilter(filters)));
  useLineKeys();
  const filtered = Object.keys(incidentsFilter(filters)).length > 0;
  const oldest = data?.incidents.at(-1);
  const more = data !== undefined && oldest !== undefined && data.total > data.incidents.length;
  return (
    <>
      <PageHead
        title="Incidents"
        lead={data ? `${integer(data.total)} ${filtered ? "match" : "recorded"}, newest first` : "Loading"}
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
        <Select
          label="Kind"
          value={filters.kind}
          onChange={(kind) => void setFilters({ kind, before: null })}
          options={KINDS.map((kind) => ({ value: kind, label: KIND_LABEL[kind] }))}
        />
        <Select
          label="Assignee"
          value={filters.assignee}
          onChange={(assignee) => void setFilters({ assignee, before: null })}
          options={ASSIGNEES.map((assignee) => ({ value: assignee, label: ASSIGNEE_LABEL[assignee] }))}
        />
        <Select
          label="Severity"
          value={String(filters.severity ?? 0)}
          onChange={(floor) => void setFilters({ severity: Number(floor) || null, before: null })}
          options={FLOORS}
        />
        {filters.service === null ? null : <Badge className="h-8">service {filters.service}</Badge>}
        {filters.agent === null ? null : <Badge className="h-8">agent {filters.agent}</Badge>}
        {filtered ? (
          <Button look="quiet" onClick={() => void setFilters(NONE)}>
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
              <Empty icon={SearchX} title="No matching incidents" />
            ) : (
              <Empty icon={ShieldCheck} title="No incidents yet">
                When a metric leaves its baseline or an alert fires, what was measured, found, decided and done is
                recorded here.
              </Empty>
            )
          ) : (
            <ul className="divide-y">
              {data.incidents.map((incident) => (
                <IncidentLine key={incident.id} incident={incident} />
              ))}
            </ul>
          )}
        </Panel>
      )}
      <Pager
        older={more}
        atNewest={filters.before === null}
        onNewest={() => void setFilters({ before: null })}
        onOlder={() => oldest && void setFilters({ before: oldest.opened_at }, { history: "push" })}
      />
    </>
  );
}
