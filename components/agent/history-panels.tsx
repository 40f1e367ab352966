"use client";

import { useQuery } from "@tanstack/react-query";
import { Activity, BrainCircuit, FileClock, ListTree, ScrollText } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { measure } from "@/lib/core/base/amounts";
import type { AgentDetail } from "@/lib/contracts/agents";
import { useSession } from "@/components/access/session";
import { runsQuery } from "@/components/agents/queries";
import { changeLine, ChangesTable } from "@/components/changes/changes-table";
import { IncidentLink } from "@/components/incidents/incident-link";
import { Severity } from "@/components/status/badges";
import { ACTION, ANOMALY, DIAGNOSIS, name } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { compact, duration, integer } from "@/components/ui/format";
import { Body, HeadRow, Row, Table, TimeCell } from "@/components/ui/table";
import { Ago, Clock } from "@/components/ui/time";
import { ContentPanel } from "./content-panel";

const VERDICT = { watch: "Watch", suspect: "Suspect", quarantine: "Quarantine" } as const;

export function Anomalies({ anomalies }: { anomalies: AgentDetail["anomalies"] }) {
  if (anomalies.length === 0)
    return (
      <Empty icon={Activity} title="No anomalies">
        No metric of this agent has left its baseline.
      </Empty>
    );
  return (
    <Table label="Anomalies">
      <HeadRow>
        <th>At</th>
        <th>Type</th>
        <th>Severity</th>
        <th>Verdict</th>
        <th>Measured</th>
        <th>Incident</th>
      </HeadRow>
      <Body>
        {anomalies.map((anomaly) => (
          <Row key={anomaly.id}>
            <TimeCell at={anomaly.at} />
            <td className="whitespace-nowrap">{name(ANOMALY, anomaly.type)}</td>
            <td>
              <Severity value={anomaly.severity} />
            </td>
            <td className="text-ink-2">{VERDICT[anomaly.verdict]}</td>
            <td className="min-w-64 text-ink-2">{anomaly.text}</td>
            <td>
              <IncidentLink id={anomaly.incident_id} />
            </td>
          </Row>
        ))}
      </Body>
    </Table>
  );
}

const orUnknown = (value: number | null, format: (value: number) => string) =>
  value === null ? "unknown" : format(value);

export function Runs({ agentId }: { agentId: string }) {
  const { decides } = useSession();
  const [run, setRun] = useState<string | null>(null);
  return (
    <>
      <RunsTable agentId={agentId} onContent={decides ? setRun : null} />
      {decides ? <ContentPanel agentId={agentId} run={run} onAll={() => setRun(null)} /> : null}
    </>
  );
}

/** `onContent`: shows what is stored of a run's content; null: not to this person. */
function RunsTable({ agentId, onContent }: { agentId: string; onContent: ((run: string) => void) | null }) {
  const { data, error, refetch } = useQuery(runsQuery(agentId));
  if (error && !data) return <LoadError what="runs" error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="m-4 h-40" />;
  if (data.runs.length === 0)
    return (
      <Empty icon={ListTree} title="No runs reported">
        Events with a run_id are grouped into runs and evaluated while the run is in progress.
      </Empty>
    );
  return (
    <Table label="Runs">
      <HeadRow>
        <th>Run</th>
        <th>Started</th>
        <th>Duration</th>
        <th className="text-right">Model calls</th>
        <th className="text-right">Tool calls</th>
        <th className="text-right">Errors</th>
        <th className="text-right">Tokens</th>
        <th className="text-right">Cost</th>
        <th>Outcome</th>
      </HeadRow>
      <Body>
        {data.runs.map((run) => (
          <Row key={run.run_id} className="num">
            <td className="max-w-48 truncate font-mono text-xs leading-5" title={run.run_id}>
              {run.parent_run_id === null ? null : <span className="text-ink-3">↳ </span>}
              {onContent === null ? (
                run.run_id
              ) : (
                <button
                  type="button"
                  onClick={() => onContent(run.run_id)}
                  aria-label={`Prompts and outputs of run ${run.run_id}`}
                  className="text-accent hover:underline"
                >
                  {run.run_id}
                </button>
              )}
            </td>
            <td className="text-xs whitespace-nowrap text-ink-3">
              <Clock at={run.started_at} />
            </td>
            <td className="whitespace-nowrap">
              {run.ended_at === null ? <Badge tone="info">running</Badge> : duration(run.ended_at - run.started_at)}
            </td>
            <td className="text-right">{integer(run.model_calls)}</td>
            <td className="text-right">{integer(run.tool_calls)}</td>
            <td className={run.errors > 0 ? "text-right font-medium text-hold" : "text-right"}>
              {integer(run.errors)}
            </td>
            <td className="text-right">{orUnknown(run.tokens, compact)}</td>
            <td className="text-right whitespace-nowrap">{orUnknown(run.cost, (cost) => `$${measure(cost)}`)}</td>
            <td className="whitespace-nowrap text-ink-2">
              {run.outcome ?? (run.ended_at === null ? "" : "unknown")}
              {run.unknown_outcomes === 0 ? null : (
                <span className="block text-xs text-warn">
                  {integer(run.unknown_outcomes)} {run.unknown_outcomes === 1 ? "tool call" : "tool calls"}: outcome
                  unknown
                </span>
              )}
            </td>
          </Row>
        ))}
      </Body>
    </Table>
  );
}

export function Changes({ detail }: { detail: AgentDetail }) {
  const { changes, directives } = detail;
  const lines = [
    ...changes.map(changeLine),
    ...directives.map((directive) => ({
      key: `directive ${directive.version}`,
      at: directive.created_at,
      what: `Directive ${directive.version}`,
      how: directive.status,
      text: directive.reason,
      by: directive.created_by,
    })),
  ].toSorted((a, b) => b.at - a.at);
  if (lines.length === 0)
    return (
      <Empty icon={FileClock} title="No changes or directives">
        Deploys, changes of prompt, model or tools, and directives sent to the agent are listed here.
      </Empty>
    );
  return <ChangesTable label="Changes and directives" by="By" lines={lines} />;
}

export function HistoryList({ history }: { history: AgentDetail["history"] }) {
  if (history.length === 0)
    return (
      <Empty icon={ScrollText} title="No history yet">
        Every state change is recorded here.
      </Empty>
    );
  return (
    <ol className="py-1">
      {history.map((entry) => (
        <li key={entry.seq} className="grid grid-cols-[5.5rem_1fr_auto] gap-3 px-4 py-1.5 text-sm hover:bg-hover/50">
          <Clock at={entry.at} className="num text-xs leading-5 text-ink-3" />
          <span className="break-words">{entry.text}</span>
          {entry.incident_id === null ? null : (
            <Link
              href={`/incidents/${encodeURIComponent(entry.incident_id)}`}
              className="text-xs leading-5 text-accent hover:underline"
            >
              Incident
            </Link>
          )}
        </li>
      ))}
    </ol>
  );
}

export function Learned({ learned }: { learned: AgentDetail["learned"] }) {
  if (learned.length === 0)
    return (
      <Empty icon={BrainCircuit} title="Nothing learned yet">
        Past actions on this agent and how often it recovered afterwards appear here. Inconclusive outcomes are not
        counted.
      </Empty>
    );
  return (
    <Table label="What was learned">
      <HeadRow>
        <th>Diagnosis</th>
        <th>Action</th>
        <th>Learned from</th>
        <th className="text-right">Recovered</th>
        <th className="text-right">Tried</th>
        <th>Last</th>
      </HeadRow>
      <Body>
        {learned.map((pattern) => (
          <Row key={`${pattern.scope} ${pattern.diagnosis} ${pattern.action}`} className="num">
            <td>{name(DIAGNOSIS, pattern.diagnosis)}</td>
            <td>{name(ACTION, pattern.action)}</td>
            <td className="text-ink-2">
              {pattern.scope === "agent" ? "this agent" : pattern.scope === "type" ? "its type" : "the fleet"}
            </td>
            <td className="text-right">{measure(pattern.successes)}</td>
            <td className="text-right">{measure(pattern.attempts)}</td>
            <td className="text-xs text-ink-3">
              <Ago at={pattern.updated_at} />
            </td>
          </Row>
        ))}
      </Body>
    </Table>
  );
}
