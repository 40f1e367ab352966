import type { Statement } from "../client";
import type { Agent, DirectiveRow } from "./agents";

/* Statements by which the response loop moves agents and their directives. */

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

/** A claim: raises only the directive's version. The agent's state stays as it is, and so does what a proposal is bound to. */
export const directiveVersionClaim = (agent: Agent, version: number): Statement => ({
  sql: "UPDATE agents SET directive_version = ? WHERE id = ? AND directive_version = ?",
  args: [version, agent.id, agent.directiveVersion],
});

/** A claim: notes when a directive was first seen enforced, or was told of as not confirmed. */
export const markDirective = (
  agentId: string,
  version: number,
  as: "enforced_at" | "unconfirmed_at",
  now: number,
): Statement => ({
  sql: `UPDATE directives SET ${as} = ? WHERE agent_id = ? AND version = ? AND ${as} IS NULL`,
  args: [now, agentId, version],
});

/** An agent goes on for another one, as an agent of its type. */
export const setContinues = (agentId: string, continues: string, type: string): Statement => ({
  sql: "UPDATE agents SET continues = ?, type = ? WHERE id = ?",
  args: [continues, type, agentId],
});

/** A claim: answers what a host asked for, while it still asks for it. */
export const downgradeClaim = (agent: Agent, set: { type: string; enforcement: boolean | null }): Statement => ({
  sql: `UPDATE agents SET type = ?, enforcement = ?, downgrade = NULL, state_version = state_version + 1
        WHERE id = ? AND state_version = ? AND downgrade IS NOT NULL`,
  args: [set.type, set.enforcement === null ? null : Number(set.enforcement), agent.id, agent.stateVersion],
});

export const enterType = (type: string, now: number): Statement => ({
  sql: "INSERT INTO agent_types (type, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
  args: [type, now],
});

/** A claim: a change of an agent that is watched was expected after all; the next sweep takes it again. */
export const expectWatchedChange = (agentId: string, note: string): Statement => ({
  sql: "UPDATE changes SET status = 'expected', note = ?, taken_at = NULL WHERE subject_kind = 'agent' AND subject_id = ? AND status = 'watched'",
  args: [note, agentId],
});
