"use client";

import { useQuery } from "@tanstack/react-query";
import { SearchX, Waypoints, X } from "lucide-react";
import { useQueryStates } from "nuqs";
import { useCallback, useState } from "react";
import type { AgentCard as Agent } from "@/lib/contracts/agents";
import { AGENT_STATES } from "@/lib/core/base/vocabulary";
import { useSession } from "@/components/access/session";
import { DecisionDialog, type Deciding } from "@/components/approvals/decision-dialog";
import { overviewQuery } from "@/components/overview/queries";
import { PageHead } from "@/components/shell/page-head";
import { AGENT, PAUSED, SILENT, STUCK } from "@/components/status/states";
import { Button } from "@/components/ui/button";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { integer } from "@/components/ui/format";
import { PageSearch } from "@/components/ui/page-search";
import { Select } from "@/components/ui/select";
import { useSettled } from "@/components/ui/settled";
import type { CardAct } from "./card";
import { CommandDialog } from "./command-dialog";
import { agentFilters, agentsFilter } from "./filters";
import { Grid } from "./grid";
import { agentsQuery } from "./queries";

/** How long typing rests before the search is asked. */
const SEARCH_MS = 200;
const ANY = "";

export function AgentsScreen() {
  const [filters, setFilters] = useQueryStates(agentFilters);
  const q = useSettled(filters.q, SEARCH_MS);
  const { data, error, refetch, isPlaceholderData } = useQuery(agentsQuery(agentsFilter({ ...filters, q })));
  const { data: overview } = useQuery(overviewQuery);
  const { decides } = useSession();
  const [deciding, setDeciding] = useState<Deciding | null>(null);
  const [healing, setHealing] = useState<string | null>(null);

  const onAct = useCallback((agent: Agent, act: CardAct) => {
    if (act === "heal") setHealing(agent.id);
    else if (agent.approval)
      setDeciding({ approvalId: agent.approval.id, digest: agent.approval.digest, decision: act });
  }, []);

  const filtered = filters.q !== "" || filters.state !== null || filters.type !== null;
  const counts = overview?.agents.by_state;
  const states = [
    { value: ANY, label: "Any state" },
    ...AGENT_STATES.map((state) => ({
      value: state,
      label: counts ? `${AGENT[state].label} (${integer(counts[state] ?? 0)})` : AGENT[state].label,
    })),
    { value: "paused", label: PAUSED.label },
    { value: "silent", label: SILENT.label },
    { value: "stuck", label: STUCK.label },
    { value: "not_judged", label: "Not fully evaluated" },
  ];
  const types = [
    { value: ANY, label: "Any type" },
    ...(data?.types ?? []).map(({ type, count }) => ({ value: type, label: `${type} (${integer(count)})` })),
  ];

  return (
    <>
      <PageHead
        title="Agents"
        lead={
          data
            ? data.total > data.agents.length
              ? `${integer(data.agents.length)} of ${integer(data.total)} shown; those needing attention first`
              : `${integer(data.total)} ${filtered ? "match" : data.total === 1 ? "agent" : "agents"}, those needing attention first`
            : "Loading the fleet"
        }
      />
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <PageSearch
          className="flex-1 basis-full sm:max-w-72 sm:basis-auto"
          label="Search agents by name, type or model"
          placeholder="Name, type or model"
          value={filters.q}
          onChange={(q) => void setFilters({ q })}
        />
        <Select
          label="State"
          value={filters.state ?? ANY}
          options={states}
          onChange={(value) => void setFilters({ state: value === ANY ? null : (value as typeof filters.state) })}
        />
        <Select
          label="Type"
          value={filters.type ?? ANY}
          options={types}
          onChange={(value) => void setFilters({ type: value || null })}
          className="max-w-48"
        />
        {filtered ? (
          <Button look="quiet" onClick={() => void setFilters({ q: null, state: null, type: null })}>
            <X aria-hidden /> Clear
          </Button>
        ) : null}
      </div>
      {error && !data ? (
        <LoadError what="agents" error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <div className="grid grid-cols-[repeat(auto-fill,minmax(18rem,1fr))] gap-3">
          {Array.from({ length: 8 }, (_, index) => (
            <Skeleton key={index} className="h-52 rounded-[0.625rem]" />
          ))}
        </div>
      ) : data.agents.length === 0 ? (
        filtered ? (
          <Empty icon={SearchX} title="No matching agents">
            No active agent matches these filters.
          </Empty>
        ) : (
          <NoAgents />
        )
      ) : (
        <div className={isPlaceholderData ? "opacity-60 transition-opacity" : ""}>
          <Grid agents={data.agents} decides={decides} onAct={onAct} />
        </div>
      )}
      <DecisionDialog deciding={deciding} onClose={() => setDeciding(null)} />
      <CommandDialog
        agentId={healing ?? ""}
        command={healing === null ? null : "heal"}
        onClose={() => setHealing(null)}
      />
    </>
  );
}

const NoAgents = () => (
  <Empty icon={Waypoints} title="No agent has reported yet">
    <p>
      Create an ingest key under Settings, Keys, then send one event. The agent registers itself; no action is taken on
      it while its type is in observe mode.
    </p>
    <pre className="mt-3 overflow-x-auto rounded-md bg-sunken p-3 text-left font-mono text-xs" tabIndex={0}>
      {`curl -H "Authorization: Bearer $SENTINEL_KEY" -H "content-type: application/json" \\
  -d '{"agent_id":"my-agent","model":"my-model","latency_ms":840}' \\
  "$SENTINEL_URL/api/v1/ingest"`}
    </pre>
  </Empty>
);
