import { QUEUED_DECISIONS, type QueuedDecision } from "@/lib/core/base/hold-levels";
import type { StreamEvent } from "@/lib/db/commit";
import type { DirectiveRow } from "@/lib/db/queries/agents";
import type { StoredEvent } from "@/lib/db/queries/events";
import type { Judgement } from "./judge";

/** Lines that one agent may add to the timeline in one sweep: a host that reports more than a person reads is summed up. */
const MAX_LINES = 20;

const DECIDED: Record<QueuedDecision, string> = { keep: "kept", drop: "dropped", reassign: "reassigned" };

type About = Pick<StreamEvent, "at" | "agentId" | "incidentId">;

/** Lines of the timeline about tool calls that were cut off, and about what the host decided on queued tasks. */
export function notableLines(
  { agent, notable }: Judgement,
  directive: DirectiveRow | null,
  now: number,
): StreamEvent[] {
  const about = { at: now, agentId: agent.id, incidentId: agent.incidentId ?? directive?.incidentId ?? null };
  const lines = notable.map((event) => lineOf(agent.id, about, event));
  const more = lines.length - MAX_LINES;
  const last = lines[MAX_LINES - 1];
  if (more > 0 && last) last.text += `, and ${more} more of the same kind at the same time`;
  return lines.slice(0, MAX_LINES);
}

function lineOf(agentId: string, about: About, { kind, runId, body }: StoredEvent): StreamEvent {
  const { tool = null, action_hash: action = null, instance_id: instance = null } = body;
  if (kind === "tool_call")
    return {
      ...about,
      type: "tool.outcome_unknown",
      text: `${agentId}: a call of ${tool ?? "a tool"}${runId ? ` in run ${runId}` : ""} was cut off. Whether it took effect is unknown; it is not repeated without an idempotency key`,
      data: { tool, run: runId, action, instance },
    };
  const decision = QUEUED_DECISIONS.find((one) => one === body.outcome) ?? "keep";
  const task = body.task_id ?? null;
  const to = typeof body.attributes?.to === "string" ? body.attributes.to : null;
  return {
    ...about,
    type: "task.decided",
    text: `${agentId}: its host ${DECIDED[decision]} the queued task${task ? ` ${task}` : ""}${to && decision === "reassign" ? ` to ${to}` : ""}`,
    data: { decision, task, to },
  };
}
