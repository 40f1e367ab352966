import type { Autonomy } from "@/lib/db/schema/agents";
import type { DirectiveStatus } from "@/lib/core/base/vocabulary";
import type { Statement } from "@/lib/db/client";
import type { Agent, DirectiveRow } from "@/lib/db/queries/agents";
import { digestOf } from "@/lib/db/ids";

/** What is to change in the desired state; the rest stays as it was. */
export interface DirectivePatch {
  status?: DirectiveStatus;
  rollbackTo?: string | null;
  revokedTools?: string[];
  autonomy?: Autonomy;
  memoryEpoch?: number;
  successor?: string | null;
}

export interface DirectiveCause {
  reason: string;
  by: string;
  incidentId?: string | null;
  actionRunId?: string | null;
}

export const FULL_AUTONOMY: Autonomy = {
  level: "full",
  max_model_calls: null,
  max_tool_calls: null,
  temperature: null,
};

/** The next directive of an agent: the current one (null: none yet) with a patch, one version on. */
export function nextDirective(
  agent: Pick<Agent, "id" | "directiveVersion">,
  current: DirectiveRow | null,
  patch: DirectivePatch,
  cause: DirectiveCause,
  now: number,
): DirectiveRow {
  const desired = {
    agentId: agent.id,
    version: agent.directiveVersion + 1,
    status: patch.status ?? current?.status ?? ("run" as const),
    rollbackTo: patch.rollbackTo !== undefined ? patch.rollbackTo : (current?.rollbackTo ?? null),
    revokedTools: patch.revokedTools ?? current?.revokedTools ?? [],
    autonomy: patch.autonomy ?? current?.autonomy ?? FULL_AUTONOMY,
    memoryEpoch: patch.memoryEpoch ?? current?.memoryEpoch ?? 0,
    successor: patch.successor !== undefined ? patch.successor : (current?.successor ?? null),
    reason: cause.reason,
  };
  return {
    ...desired,
    hash: digestOf(desired).slice(0, 16),
    incidentId: cause.incidentId ?? null,
    createdBy: cause.by,
    createdAt: now,
    actionRunId: cause.actionRunId ?? null,
    enforcedAt: null,
    breachedAt: null,
    unconfirmedAt: null,
  };
}

/** What of a directive restricts an agent that is running. */
export const restrictionsOf = (row: DirectiveRow | null): DirectivePatch => ({
  rollbackTo: row?.rollbackTo ?? null,
  revokedTools: row?.revokedTools ?? [],
  autonomy: row?.autonomy ?? FULL_AUTONOMY,
  memoryEpoch: row?.memoryEpoch ?? 0,
});

/** A claim on the agent as it was read, with the moves that go with it. Lost if its state or directive has moved since. */
export function agentClaim(
  agent: Agent,
  set: Partial<Pick<Agent, "state" | "incidentId" | "paused" | "liveness" | "retiredAt" | "cannot">> & {
    directive?: DirectiveRow;
  },
  now: number,
): Statement {
  const moved = set.state !== undefined && set.state !== agent.state;
  return {
    sql: `UPDATE agents SET state = ?, state_version = state_version + 1, state_since = ?, incident_id = ?, paused = ?, liveness = ?,
            retired_at = ?, directive_version = ?, cannot = ? WHERE id = ? AND state_version = ? AND directive_version = ?`,
    args: [
      set.state ?? agent.state,
      moved ? now : agent.stateSince,
      set.incidentId !== undefined ? set.incidentId : agent.incidentId,
      Number(set.paused ?? agent.paused),
      set.liveness ?? agent.liveness,
      set.retiredAt !== undefined ? set.retiredAt : agent.retiredAt,
      set.directive?.version ?? agent.directiveVersion,
      JSON.stringify(set.cannot ?? agent.cannot),
      agent.id,
      agent.stateVersion,
      agent.directiveVersion,
    ],
  };
}
