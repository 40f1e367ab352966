import type { Autonomy } from "@/lib/db/schema/agents";
import type { HoldLevel } from "@/lib/core/base/hold-levels";
import type { DirectiveStatus } from "@/lib/core/base/vocabulary";
import type { Agent, DirectiveRow } from "@/lib/db/queries/agents";
import { digestOf } from "@/lib/db/ids";

/** What is to change in the desired state; the rest stays as it was. */
export interface DirectivePatch {
  status?: DirectiveStatus;
  /** Of a quarantine; without it, a quarantine that stands keeps its own. */
  hold?: { level: HoldLevel; handOverTo: string | null };
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
  const status = patch.status ?? current?.status ?? ("run" as const);
  const stands = current?.status === "quarantined" ? current : null;
  const level = status === "quarantined" ? (patch.hold?.level ?? stands?.level ?? null) : null;
  const handOverTo = level === "hand_over" ? (patch.hold ? patch.hold.handOverTo : (stands?.handOverTo ?? null)) : null;
  const desired = {
    agentId: agent.id,
    version: agent.directiveVersion + 1,
    status,
    rollbackTo: patch.rollbackTo !== undefined ? patch.rollbackTo : (current?.rollbackTo ?? null),
    revokedTools: patch.revokedTools ?? current?.revokedTools ?? [],
    autonomy: patch.autonomy ?? current?.autonomy ?? FULL_AUTONOMY,
    memoryEpoch: patch.memoryEpoch ?? current?.memoryEpoch ?? 0,
    successor: patch.successor !== undefined ? patch.successor : (current?.successor ?? null),
    reason: cause.reason,
  };
  return {
    ...desired,
    level,
    handOverTo,
    hash: digestOf({ ...desired, ...(level && { level, handOverTo }) }).slice(0, 16),
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
