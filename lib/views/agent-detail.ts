import { and, desc, eq, or } from "drizzle-orm";
import type { AgentDetail } from "@/lib/contracts/agents";
import { bands } from "@/lib/core/detection/detect";
import { describeAnomaly } from "@/lib/core/agents/words";
import type { Db } from "@/lib/db/client";
import {
  agentInstances,
  anomalies,
  changes,
  detectorStates,
  directives,
  immuneMemory,
  streamEvents,
} from "@/lib/db/schema";
import { directiveView, findAgent, findDirective } from "@/lib/db/queries/agents";
import { changeView } from "@/lib/db/queries/changes";
import { findType } from "@/lib/db/queries/settings";
import { limitsText } from "@/lib/core/base/act-hours";
import { findCard, type ViewContext } from "./agents";

/** Of each list the newest so many: what a page shows without paging. */
const SHOWN = 50;
const HISTORY_SHOWN = 100;

/** Everything one agent's page shows; null if there is no such agent. `directiveLeaseS` goes into the directive. */
export async function findAgentDetail(
  db: Db,
  id: string,
  context: ViewContext & { directiveLeaseS: number },
): Promise<AgentDetail | null> {
  const [agent, card] = await Promise.all([findAgent(db, id), findCard(db, id, context)]);
  if (!agent || !card) return null;
  const [type, directive, instances, state, found, changed, sent, learned, history] = await Promise.all([
    findType(db, agent.type),
    agent.directiveVersion > 0 ? findDirective(db, id, agent.directiveVersion) : null,
    db
      .select()
      .from(agentInstances)
      .where(eq(agentInstances.agentId, id))
      .orderBy(desc(agentInstances.lastSeenAt))
      .limit(SHOWN),
    db.query.detectorStates.findFirst({ where: eq(detectorStates.agentId, id) }),
    db.select().from(anomalies).where(eq(anomalies.agentId, id)).orderBy(desc(anomalies.at)).limit(SHOWN),
    db
      .select()
      .from(changes)
      .where(and(eq(changes.subjectKind, "agent"), eq(changes.subjectId, id)))
      .orderBy(desc(changes.at))
      .limit(SHOWN),
    db.select().from(directives).where(eq(directives.agentId, id)).orderBy(desc(directives.version)).limit(SHOWN),
    db
      .select()
      .from(immuneMemory)
      .where(
        or(
          and(eq(immuneMemory.scope, "agent"), eq(immuneMemory.scopeId, id)),
          and(eq(immuneMemory.scope, "type"), eq(immuneMemory.scopeId, agent.type)),
        ),
      )
      .orderBy(immuneMemory.scope, immuneMemory.diagnosis, desc(immuneMemory.updatedAt)),
    db
      .select()
      .from(streamEvents)
      .where(eq(streamEvents.agentId, id))
      .orderBy(desc(streamEvents.seq))
      .limit(HISTORY_SHOWN),
  ]);
  return {
    agent: card,
    act_limits: type && limitsText(type),
    first_seen_at: agent.firstSeenAt,
    event_count: agent.eventCount,
    version: agent.version,
    sdk_version: agent.sdkVersion,
    labels: agent.labels,
    prompt: {
      hash: agent.promptHash,
      version: agent.promptVersion,
      dynamic: agent.promptDynamic,
      good_hash: agent.goodPromptHash,
    },
    tools: agent.tools,
    directive: directiveView(id, directive, context.directiveLeaseS),
    instances: instances.map((instance) => ({
      id: instance.instanceId,
      live: instance.lastSeenAt >= context.now - context.instanceLiveMs,
      first_seen_at: instance.firstSeenAt,
      last_seen_at: instance.lastSeenAt,
      applied_version: instance.appliedVersion,
      applied_at: instance.appliedAt,
      enforced_version: instance.enforcedVersion,
      enforced_at: instance.enforcedAt,
      clock_behind_ms: Math.abs(instance.latenessMs ?? 0) > context.maxClockSkewMs ? instance.latenessMs : null,
    })),
    restrictions: restrictionsOf(directive),
    bands: state
      ? bands(state.state).map(({ metric, stratum, low, mid, high, n }) => ({ metric, stratum, low, mid, high, n }))
      : [],
    anomalies: found.map((row) => ({
      id: row.id,
      type: row.type,
      metric: row.metric,
      stratum: row.stratum,
      verdict: row.verdict,
      severity: row.severity,
      at: row.at,
      value: row.evidence.value,
      incident_id: row.incidentId,
      text: describeAnomaly(row.evidence),
    })),
    changes: changed.map((row) => {
      const { subject_kind: _kind, subject_id: _id, ...view } = changeView(row);
      return view;
    }),
    directives: sent.map((row) => ({
      version: row.version,
      status: row.status,
      reason: row.reason,
      created_at: row.createdAt,
      created_by: row.createdBy,
    })),
    learned: learned.map((row) => ({
      scope: row.scope,
      diagnosis: row.diagnosis,
      action: row.action,
      attempts: row.attempts,
      successes: row.successes,
      updated_at: row.updatedAt,
    })),
    history: history.map((row) => ({
      seq: row.seq,
      at: row.at,
      type: row.type,
      text: row.text,
      incident_id: row.incidentId,
    })),
  };
}

/** What the directive in force holds back, until a person lifts it. */
function restrictionsOf(directive: typeof directives.$inferSelect | null): AgentDetail["restrictions"] {
  if (!directive) return [];
  const { revokedTools, autonomy, rollbackTo } = directive;
  return [
    ...revokedTools.map((value) => ({ kind: "revoked_tool" as const, value })),
    ...(autonomy.level === "full" ? [] : [{ kind: "reduced_autonomy" as const, value: autonomyText(autonomy) }]),
    ...(rollbackTo === null ? [] : [{ kind: "prompt" as const, value: rollbackTo }]),
  ];
}

function autonomyText(autonomy: (typeof directives.$inferSelect)["autonomy"]): string {
  const { max_model_calls: model, max_tool_calls: tool, temperature } = autonomy;
  const limits = [
    model === null ? [] : [`${model} model calls`],
    tool === null ? [] : [`${tool} tool calls`],
    temperature === null ? [] : [`temperature ${temperature}`],
  ].flat();
  return limits.length > 0 ? `per run at most ${limits.join(", ")}` : "reduced";
}
