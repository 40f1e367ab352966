"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, Lock, LockOpen, type LucideIcon, OctagonPause, Pause, Play } from "lucide-react";
import type { AgentCard } from "@/lib/contracts/agents";
import type { AgentCommand } from "@/lib/contracts/agent-commands";
import { useSession } from "@/components/access/session";
import { COMMANDS } from "@/components/agents/commands";
import { offeredFor } from "@/components/agents/offered";
import { approvalsQuery } from "@/components/approvals/queries";
import { overviewQuery } from "@/components/overview/queries";
import { ACTION, name } from "@/components/status/words";
import type { Act } from "./acts";
import { Group, Item } from "./palette-item";

/** So few agents are meant, not browsed: what can be done with them is offered beside them. */
const MEANT = 2;
/** Decisions that are offered before anything is typed. */
const FIRST = 3;
const OFFERED = 8;
const STOP = { false: "Stop all automatic actions", true: "Resume automatic actions" } as const;

const ICON: Partial<Record<AgentCommand, LucideIcon>> = { pause: Pause, resume: Play, release: LockOpen };

interface Offered {
  key: string;
  icon: LucideIcon;
  label: string;
  act: Act;
}

/** What who is signed in may do from here; each asks in its own dialog before anything happens. */
export function Actions({
  query,
  commands,
  agents,
  onAct,
}: {
  query: string;
  /** Named by the first word that was typed. */
  commands: readonly AgentCommand[];
  /** Found by the rest. */
  agents: readonly AgentCard[];
  onAct: (act: Act) => void;
}) {
  const { decides, administers } = useSession();
  const { data: waiting } = useQuery({ ...approvalsQuery("pending"), enabled: decides });
  const { data: overview } = useQuery(overviewQuery);
  const matches = (label: string) => label.toLowerCase().includes(query.toLowerCase());

  const meant = decides && query !== "" && (commands.length > 0 || agents.length <= MEANT) ? agents : [];
  const onAgents = meant.flatMap((agent) =>
    offeredFor(agent)
      .filter((command) => commands.length === 0 || commands.includes(command))
      .map((command): Offered => ({
        key: `${command} ${agent.id}`,
        icon: ICON[command] ?? Lock,
        label: `${COMMANDS[command].verb} ${agent.id}`,
        act: { kind: "command", agentId: agent.id, command },
      })),
  );
  const decisions = (waiting?.approvals ?? []).flatMap(({ id, digest, proposal, subject }) =>
    (["approve", "reject"] as const).map((decision): Offered => ({
      key: `${decision} ${id}`,
      icon: decision === "approve" ? CircleCheck : CircleX,
      label: `${decision === "approve" ? "Approve" : "Reject"}: ${proposal.operation?.title ?? name(ACTION, proposal.action)} on ${subject.id}`,
      act: { kind: "decide", deciding: { approvalId: id, digest, decision } },
    })),
  );
  const fitting =
    query === ""
      ? decisions.filter(({ key }) => key.startsWith("approve")).slice(0, FIRST)
      : decisions.filter(({ label }) => matches(label)).slice(0, OFFERED);
  const on = overview?.global_stop.on ?? false;
  const label = STOP[`${on}`];
  const stop: Offered[] =
    administers && overview && query !== "" && (matches(label) || matches("global stop"))
      ? [{ key: "stop", icon: OctagonPause, label, act: { kind: "stop", on } }]
      : [];
  const offered = [...fitting, ...onAgents, ...stop];
  if (offered.length === 0) return null;
  return (
    <Group heading="Actions">
      {offered.map(({ key, icon, label: text, act }) => (
        <Item key={key} value={`act ${key}`} icon={icon} onSelect={() => onAct(act)}>
          <span className="truncate">{text}…</span>
        </Item>
      ))}
    </Group>
  );
}
