"use client";

import { Ban, LockOpen } from "lucide-react";
import type { ReactNode } from "react";
import type { AgentDetail } from "@/lib/contracts/agents";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { compact } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Ago } from "@/components/ui/time";

const Row = ({ label, children }: { label: string; children: ReactNode }) => (
  <>
    <dt className="text-xs leading-5 text-ink-3">{label}</dt>
    <dd className="min-w-0 text-sm break-words">{children}</dd>
  </>
);

const unknown = <span className="text-ink-3">unknown</span>;
const Hash = ({ value }: { value: string | null }) =>
  value === null ? (
    unknown
  ) : (
    <span className="font-mono text-xs" title={value}>
      {value.length > 16 ? `${value.slice(0, 16)}…` : value}
    </span>
  );

/** What is known of the agent itself. */
export function FactsPanel({ detail }: { detail: AgentDetail }) {
  const { agent, prompt } = detail;
  return (
    <Panel title="Agent">
      <dl className="grid grid-cols-[7rem_1fr] gap-x-3 gap-y-1.5">
        <Row label="Type">{agent.type}</Row>
        <Row label="Model">{agent.model ?? unknown}</Row>
        <Row label="Provider">{agent.provider ?? unknown}</Row>
        <Row label="MCP servers">{agent.mcp_servers.length === 0 ? unknown : agent.mcp_servers.join(", ")}</Row>
        <Row label="Tools">{detail.tools.length === 0 ? unknown : detail.tools.join(", ")}</Row>
        <Row label="Prompt">
          {prompt.version === null ? <Hash value={prompt.hash} /> : `version ${prompt.version}`}
          {prompt.dynamic ? <span className="text-ink-3"> · dynamic: changes are not evaluated</span> : null}
        </Row>
        <Row label="Last good prompt">
          <Hash value={prompt.good_hash} />
        </Row>
        <Row label="Enforcement">
          {agent.enforcement === null
            ? unknown
            : agent.enforcement
              ? "its SDK enforces directives"
              : "not enforceable: its SDK runs no guard"}
        </Row>
        <Row label="Version">{detail.version ?? unknown}</Row>
        <Row label="SDK">{detail.sdk_version ?? unknown}</Row>
        <Row label="Environment">{agent.environment ?? unknown}</Row>
        <Row label="Events">
          <span className="num">{compact(detail.event_count)}</span> <span className="text-ink-3">since</span>{" "}
          <Ago at={detail.first_seen_at} />
        </Row>
        {Object.entries(detail.labels).map(([key, value]) => (
          <Row key={key} label={key}>
            {value}
          </Row>
        ))}
      </dl>
    </Panel>
  );
}

const RESTRICTION: Record<AgentDetail["restrictions"][number]["kind"], string> = {
  revoked_tool: "Tool revoked",
  reduced_autonomy: "Autonomy reduced",
  prompt: "Prompt rolled back",
};

/** What healing left in place. It stays until a person lifts it. */
export function RestrictionsPanel({
  detail,
  decides,
  onLift,
}: {
  detail: AgentDetail;
  decides: boolean;
  onLift: () => void;
}) {
  if (detail.restrictions.length === 0) return null;
  return (
    <Panel
      title="Restrictions"
      hint="stay until lifted"
      actions={
        decides ? (
          <Button size="sm" onClick={onLift}>
            <LockOpen aria-hidden /> Lift
          </Button>
        ) : null
      }
    >
      <ul className="space-y-2">
        {detail.restrictions.map(({ kind, value }) => (
          <li key={`${kind} ${value}`} className="flex min-w-0 items-center gap-2 text-sm">
            <Badge tone="warn" icon={Ban}>
              {RESTRICTION[kind]}
            </Badge>
            <span className="min-w-0 truncate font-mono text-xs" title={value}>
              {value}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
