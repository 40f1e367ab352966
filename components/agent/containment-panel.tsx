"use client";

import { CircleCheck, CircleDashed, Clock, EyeOff } from "lucide-react";
import type { AgentDetail } from "@/lib/contracts/agents";
import { HOLD_LEVEL, HOLD_LEVEL_MEANS } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { Callout } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Ago } from "@/components/ui/time";

type Instance = AgentDetail["instances"][number];

/** The directive in force, and how far each live instance got with it. Silence proves nothing, and is shown as such. */
export function ContainmentPanel({ detail }: { detail: AgentDetail }) {
  const { agent, directive, instances } = detail;
  const { containment } = agent;
  return (
    <Panel
      flush
      title="Directive and containment"
      hint={
        directive.version === 0
          ? "none issued yet"
          : `version ${directive.version}: ${directive.status}${directive.level ? ` (${HOLD_LEVEL[directive.level].toLowerCase()})` : ""}`
      }
    >
      <div className="space-y-3 p-4 pb-3 text-sm">
        {containment.state === "observe_only" ? (
          <Callout tone="warn" icon={EyeOff} title="Not enforceable">
            This agent’s SDK cannot enforce directives. It is monitored but cannot be quarantined.
          </Callout>
        ) : null}
        {directive.version > 0 ? <p className="text-ink-2">{directive.reason}</p> : null}
        {directive.level ? (
          <p className="text-ink-3">
            {HOLD_LEVEL_MEANS[directive.level]}
            {directive.hand_over_to ? ` Queued tasks go to ${directive.hand_over_to}.` : null}
          </p>
        ) : null}
        <p className="num font-medium">{containment.text || "Nothing to contain"}</p>
      </div>
      {instances.length === 0 ? (
        <p className="border-t px-4 py-3 text-sm text-ink-3">
          No instance has sent an instance_id. A restarted instance receives the current directive before it does any
          work.
        </p>
      ) : (
        <div className="relative overflow-x-auto border-t" tabIndex={0} role="region" aria-label="Instances">
          <table className="w-full text-sm">
            <thead>
              <tr className="text-left text-xs text-ink-3">
                <th className="px-4 py-2 font-medium">Instance</th>
                <th className="px-2 py-2 font-medium">Directive</th>
                <th className="px-4 py-2 text-right font-medium">Last seen</th>
              </tr>
            </thead>
            <tbody className="divide-y border-t">
              {instances.map((instance) => (
                <tr key={instance.id}>
                  <td className="max-w-40 truncate px-4 py-2 font-mono text-xs" title={instance.id}>
                    {instance.id}
                    {instance.clock_behind_ms === null ? null : (
                      <span className="block truncate font-sans text-warn">{clockText(instance.clock_behind_ms)}</span>
                    )}
                  </td>
                  <td className="px-2 py-2">
                    <Progress instance={instance} version={directive.version} />
                  </td>
                  <td className="num px-4 py-2 text-right text-xs whitespace-nowrap text-ink-3">
                    {instance.live ? null : "not live · "}
                    <Ago at={instance.last_seen_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

const MINUTE_MS = 60_000;
const clockText = (behindMs: number): string =>
  `clock ${Math.round(Math.abs(behindMs) / MINUTE_MS)} min ${behindMs > 0 ? "behind" : "ahead"}`;

function Progress({ instance, version }: { instance: Instance; version: number }) {
  if (version === 0) return <span className="text-xs text-ink-3">none</span>;
  if ((instance.enforced_version ?? -1) >= version)
    return (
      <Badge tone="ok" icon={CircleCheck}>
        Enforced
      </Badge>
    );
  if ((instance.applied_version ?? -1) >= version)
    return (
      <Badge tone="info" icon={Clock}>
        Acknowledged
      </Badge>
    );
  return (
    <Badge tone="mute" icon={CircleDashed}>
      {instance.applied_version === null ? "No response" : `Still on version ${instance.applied_version}`}
    </Badge>
  );
}
