"use client";

import { useQuery } from "@tanstack/react-query";
import {
  Clock,
  Ellipsis,
  Eye,
  Lock,
  LockOpen,
  type LucideIcon,
  OctagonX,
  Pause,
  Play,
  ShieldAlert,
  Sparkles,
} from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useState } from "react";
import type { AgentDetail } from "@/lib/contracts/agents";
import type { AgentCommand } from "@/lib/contracts/agent-commands";
import { useSession } from "@/components/access/session";
import { CommandDialog } from "@/components/agents/command-dialog";
import { COMMANDS } from "@/components/agents/commands";
import { offeredFor } from "@/components/agents/offered";
import { agentQuery } from "@/components/agents/queries";
import { DecisionDialog, type Deciding } from "@/components/approvals/decision-dialog";
import { NotLoaded } from "@/components/shell/not-loaded";
import { PageHead } from "@/components/shell/page-head";
import { AgentBadges, IncidentBadge, ModeBadge, Severity } from "@/components/status/badges";
import { LookAlikeBadge, LookAlikeNote } from "@/components/status/look-alike";
import { BLIND } from "@/components/status/states";
import { ACTION, DIAGNOSIS, name } from "@/components/status/words";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/feedback";
import { Menu, MenuItem } from "@/components/ui/menu";
import { Panel } from "@/components/ui/panel";
import { Tabs } from "@/components/ui/tabs";
import { Ago } from "@/components/ui/time";
import { ContainmentPanel } from "./containment-panel";
import { FactsPanel, RestrictionsPanel } from "./facts-panel";
import { Anomalies, Changes, HistoryList, Learned, Runs } from "./history-panels";
import { SeriesPanel } from "./series-panel";

const TABS = ["anomalies", "runs", "changes", "history", "learned"] as const;

export function AgentScreen({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(agentQuery(id));
  if (!data)
    return (
      <NotLoaded
        what="agent"
        all="/agents"
        missing="No agent has reported under this ID."
        error={error}
        onRetry={() => void refetch()}
      />
    );
  return <Loaded detail={data} />;
}

function Loaded({ detail }: { detail: AgentDetail }) {
  const { agent } = detail;
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("anomalies"));
  const [command, setCommand] = useState<AgentCommand | null>(null);
  const [deciding, setDeciding] = useState<Deciding | null>(null);
  const { decides } = useSession();
  return (
    <>
      <PageHead
        above={
          <Link href="/agents" className="hover:text-ink hover:underline">
            Agents
          </Link>
        }
        title={<span className="wrap-anywhere">{agent.id}</span>}
        lead={
          <span className="flex flex-wrap items-center gap-1.5">
            <AgentBadges agent={agent} />
            <ModeBadge mode={agent.mode} />
            {agent.type_looks_like === null ? null : (
              <LookAlikeBadge name={agent.type} other={agent.type_looks_like} what={`Type ${agent.type}`} />
            )}
            <span className="num text-xs text-ink-3">
              since <Ago at={agent.state_since} /> · last seen <Ago at={agent.last_seen_at} />
            </span>
          </span>
        }
        actions={decides ? <Acts detail={detail} onCommand={setCommand} /> : null}
      />
      <div className="space-y-4">
        <Standing detail={detail} decides={decides} onCommand={setCommand} onDecide={setDeciding} />
        <div className="grid items-start gap-4 xl:grid-cols-[1fr_22rem]">
          <div className="min-w-0 space-y-4">
            <SeriesPanel detail={detail} />
            <div className="panel px-3 pt-1 [&_[role=tabpanel]]:-mx-3 [&_[role=tabpanel]]:pt-0">
              <Tabs
                label="About this agent"
                value={tab}
                onChange={(next) => void setTab(next as typeof tab)}
                tabs={[
                  {
                    value: "anomalies",
                    label: "Anomalies",
                    count: detail.anomalies.length,
                    content: <Anomalies anomalies={detail.anomalies} />,
                  },
                  { value: "runs", label: "Runs", content: <Runs agentId={agent.id} /> },
                  { value: "changes", label: "Changes and directives", content: <Changes detail={detail} /> },
                  { value: "history", label: "History", content: <HistoryList history={detail.history} /> },
                  {
                    value: "learned",
                    label: "Learned",
                    count: detail.learned.length,
                    content: <Learned learned={detail.learned} />,
                  },
                ]}
              />
            </div>
          </div>
          <div className="min-w-0 space-y-4">
            <ContainmentPanel detail={detail} />
            <RestrictionsPanel detail={detail} decides={decides} onLift={() => setCommand("lift")} />
            <FactsPanel detail={detail} />
          </div>
        </div>
      </div>
      <CommandDialog agentId={agent.id} command={command} onClose={() => setCommand(null)} />
      <DecisionDialog deciding={deciding} onClose={() => setDeciding(null)} />
    </>
  );
}

const ICON: Partial<Record<AgentCommand, LucideIcon>> = {
  resume: Play,
  pause: Pause,
  release: LockOpen,
  quarantine: Lock,
};

function Acts({ detail, onCommand }: { detail: AgentDetail; onCommand: (command: AgentCommand) => void }) {
  const { agent } = detail;
  return (
    <>
      {offeredFor(agent).map((command) => {
        const Icon = ICON[command];
        const { verb, danger } = COMMANDS[command];
        return (
          <Button key={command} look={danger ? "danger" : "plain"} onClick={() => onCommand(command)}>
            {Icon ? <Icon aria-hidden /> : null} {verb}
          </Button>
        );
      })}
      {agent.state === "quarantined" ? (
        <Button onClick={() => onCommand("quarantine")}>
          <Lock aria-hidden /> Change level
        </Button>
      ) : null}
      <Menu icon={<Ellipsis aria-hidden />} label="More actions" look="plain">
        <MenuItem onClick={() => onCommand("expected")}>
          <Sparkles aria-hidden /> Mark latest change as expected
        </MenuItem>
        <MenuItem onClick={() => onCommand("lift")} disabled={detail.restrictions.length === 0}>
          <LockOpen aria-hidden /> Lift restrictions
        </MenuItem>
      </Menu>
    </>
  );
}

function downgradeText({ type, enforcement }: NonNullable<AgentDetail["agent"]["downgrade"]>): string {
  const asked = [
    ...(type === null ? [] : [`be treated as type ${type}`]),
    ...(enforcement === null ? [] : ["be exempt from quarantine"]),
  ];
  return `The host asks for the agent to ${asked.join(" and ")}.`;
}

/** What is going on right now, and what it waits for. */
function Standing({
  detail: { agent, act_limits: limits },
  decides,
  onCommand,
  onDecide,
}: {
  detail: AgentDetail;
  decides: boolean;
  onCommand: (command: AgentCommand) => void;
  onDecide: (deciding: Deciding) => void;
}) {
  const { incident, approval, downgrade, continues } = agent;
  return (
    <>
      {agent.looks_like === null ? null : (
        <LookAlikeNote
          name={agent.id}
          other={agent.looks_like}
          href={`/agents/${encodeURIComponent(agent.looks_like)}`}
        />
      )}
      {downgrade ? (
        <Callout tone="warn" icon={ShieldAlert} title="The host requests weaker containment">
          <p>{downgradeText(downgrade)} Nothing changes until somebody accepts it.</p>
          {decides ? (
            <div className="mt-2 flex gap-2">
              <Button size="sm" onClick={() => onCommand("accept_downgrade")}>
                Accept
              </Button>
              <Button size="sm" onClick={() => onCommand("refuse_downgrade")}>
                Decline
              </Button>
            </div>
          ) : null}
        </Callout>
      ) : null}
      {continues ? (
        <Callout tone="warn" icon={ShieldAlert} title="A quarantined agent under a new ID">
          An instance of{" "}
          <Link href={`/agents/${encodeURIComponent(continues)}`} className="font-medium hover:underline">
            {continues}
          </Link>{" "}
          switched to this ID while quarantined, so the quarantine applies here too.
        </Callout>
      ) : null}
      {agent.mode === "observe" ? (
        <Callout tone="mute" icon={Eye} title="This type is in observe mode">
          Incidents are recorded with the action that would have been taken. Nothing is executed.
        </Callout>
      ) : null}
      {limits === null ? null : <Callout tone="mute" icon={Clock} title={`${limits}`} />}
      {agent.blind_spots.map((spot) => (
        <Callout key={spot} tone={BLIND[spot].tone} icon={BLIND[spot].icon} title={BLIND[spot].label}>
          {BLIND[spot].means}
        </Callout>
      ))}
      {agent.state === "exhausted" ? (
        <Callout tone="spent" icon={OctagonX} title="Every remediation step was tried">
          The agent stays quarantined until somebody investigates and releases it or heals it manually.
        </Callout>
      ) : null}
      {incident ? (
        <Panel className="border-line-strong">
          <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
            <div className="min-w-0 flex-1 basis-64">
              <Link href={`/incidents/${encodeURIComponent(incident.id)}`} className="font-semibold hover:underline">
                {incident.title}
              </Link>
              <p className="mt-1 flex flex-wrap items-center gap-2 text-xs text-ink-2">
                <IncidentBadge state={incident.state} />
                <Severity value={incident.severity} />
                <span>
                  {name(DIAGNOSIS, incident.diagnosis)}
                  {approval ? ` · proposed: ${name(ACTION, approval.action).toLowerCase()}` : null}
                </span>
              </p>
            </div>
            {decides && approval ? (
              <div className="flex gap-2">
                <Button
                  size="touch"
                  onClick={() => onDecide({ approvalId: approval.id, digest: approval.digest, decision: "reject" })}
                >
                  Reject
                </Button>
                <Button
                  size="touch"
                  look="primary"
                  onClick={() => onDecide({ approvalId: approval.id, digest: approval.digest, decision: "approve" })}
                >
                  Approve
                </Button>
              </div>
            ) : decides && agent.can_heal_now ? (
              <Button size="touch" look="primary" onClick={() => onCommand("heal")}>
                Heal now
              </Button>
            ) : null}
          </div>
        </Panel>
      ) : null}
    </>
  );
}
