"use client";

import { BrainCircuit, Server } from "lucide-react";
import Link from "next/link";
import { memo } from "react";
import { measure } from "@/lib/core/base/amounts";
import type { AgentCard as Agent } from "@/lib/contracts/agents";
import { AgentBadges, Severity } from "@/components/status/badges";
import { LookAlikeBadge } from "@/components/status/look-alike";
import { MODES } from "@/components/status/states";
import { ACTION, metricName, MODE, MODE_MEANS, name } from "@/components/status/words";
import { Button } from "@/components/ui/button";
import { Sparkline } from "@/components/ui/sparkline";
import { Ago } from "@/components/ui/time";

export const CARD_HEIGHT = 208;

export type CardAct = "approve" | "reject" | "heal";

/** One agent at a glance, with the decision that it waits for. Of fixed height, so that a thousand can be laid out unseen. */
export const Card = memo(function Card({
  agent,
  index,
  decides,
  onAct,
}: {
  agent: Agent;
  index: number;
  decides: boolean;
  onAct: (agent: Agent, act: CardAct) => void;
}) {
  const ModeIcon = MODES[agent.mode].icon;
  return (
    <article
      style={{ height: CARD_HEIGHT }}
      className="panel relative flex flex-col overflow-hidden px-3.5 pt-3 pb-2.5 focus-within:border-line-strong hover:border-line-strong"
    >
      <div className="flex items-center gap-2">
        <Link
          href={`/agents/${encodeURIComponent(agent.id)}`}
          data-card={index}
          title={agent.id}
          className="min-w-0 truncate rounded-sm font-semibold tracking-tight hover:underline"
        >
          {agent.id}
        </Link>
        <span className="ml-auto flex shrink-0 items-center gap-1 text-xs text-ink-3" title={MODE_MEANS[agent.mode]}>
          <ModeIcon className="size-3.5" aria-hidden />
          {MODE[agent.mode]}
        </span>
      </div>
      <div className="mt-1.5 flex h-5.5 items-center gap-1 overflow-hidden">
        <AgentBadges agent={agent} />
        <Ago at={agent.last_seen_at} className="num ml-auto shrink-0 text-xs text-ink-3" />
      </div>
      <p className="mt-2 flex items-center gap-1.5 text-xs text-ink-2">
        <BrainCircuit className="size-3.5 shrink-0 text-ink-3" aria-hidden />
        <span className="truncate" title={agent.model ?? undefined}>
          {agent.model ?? "model unknown"}
        </span>
        <span className="ml-auto max-w-1/2 shrink-0 truncate text-ink-3" title={agent.type}>
          {agent.type}
        </span>
      </p>
      <Beneath agent={agent} />
      <div className="mt-2 flex h-7 items-center justify-between gap-3 text-ink-3">
        <Vitals sparkline={agent.sparkline} />
      </div>
      <div className="mt-auto border-t pt-2">
        <Foot agent={agent} decides={decides} onAct={onAct} />
      </div>
    </article>
  );
});

/** The line beneath the model: that the name is easily taken for another, which matters more than the servers it uses. */
function Beneath({ agent }: { agent: Agent }) {
  const { id, type, looks_like: other, type_looks_like: otherType, mcp_servers: servers } = agent;
  if (other !== null || otherType !== null)
    return (
      <p className="mt-0.5 -mb-1 flex h-5.5">
        {other !== null ? (
          <LookAlikeBadge name={id} other={other} />
        ) : (
          <LookAlikeBadge name={type} other={otherType!} what="Type" />
        )}
      </p>
    );
  return (
    <p className="mt-1 flex items-center gap-1.5 text-xs text-ink-2" title={servers.join(", ")}>
      <Server className="size-3.5 shrink-0 text-ink-3" aria-hidden />
      <span className="truncate">{servers.length === 0 ? "no MCP server reported" : servers.join(", ")}</span>
    </p>
  );
}

function Vitals({ sparkline }: { sparkline: Agent["sparkline"] }) {
  const last = sparkline?.values.at(-1);
  if (!sparkline || last === undefined) return <span className="text-xs">No recent vitals</span>;
  return (
    <>
      <span className="min-w-0 truncate text-xs">
        {metricName(sparkline.metric)} <span className="num font-medium text-ink">{measure(last)}</span>
      </span>
      <Sparkline
        values={sparkline.values}
        width={132}
        label={`${metricName(sparkline.metric)}, last ${sparkline.values.length} values`}
      />
    </>
  );
}

/** What is going on, and what can be decided about it. */
function Foot({
  agent,
  decides,
  onAct,
}: {
  agent: Agent;
  decides: boolean;
  onAct: (agent: Agent, act: CardAct) => void;
}) {
  const { approval, incident, containment } = agent;
  const contained = containment.state !== "none" && containment.text !== "";
  const status = incident ? (
    <Link
      href={`/incidents/${encodeURIComponent(incident.id)}`}
      className="min-w-0 truncate hover:underline"
      title={incident.title}
    >
      {incident.title}
    </Link>
  ) : (
    <span className="text-ink-3">No open incident</span>
  );
  const decision = approval ? (
    <>
      <Button
        size="sm"
        look="soft"
        onClick={() => onAct(agent, "approve")}
        aria-label={`Approve ${name(ACTION, approval.action)} on ${agent.id}`}
      >
        Approve
      </Button>
      <Button
        size="sm"
        onClick={() => onAct(agent, "reject")}
        aria-label={`Reject ${name(ACTION, approval.action)} on ${agent.id}`}
      >
        Reject
      </Button>
    </>
  ) : agent.can_heal_now ? (
    <Button size="sm" onClick={() => onAct(agent, "heal")} aria-label={`Heal ${agent.id} now`}>
      Heal now
    </Button>
  ) : null;
  return (
    <div className="flex h-10 items-center gap-2 text-xs">
      <div className="min-w-0 flex-1">
        <div className="flex min-w-0 items-center gap-2">
          {incident ? <Severity value={incident.severity} /> : null}
          {approval ? <span className="truncate font-medium">{name(ACTION, approval.action)}</span> : status}
        </div>
        {contained ? (
          <p className="truncate text-ink-3" title={containment.text}>
            {containment.text}
          </p>
        ) : approval && incident ? (
          <p className="flex text-ink-3">{status}</p>
        ) : null}
      </div>
      {decides && decision ? <div className="flex shrink-0 gap-1">{decision}</div> : null}
    </div>
  );
}
