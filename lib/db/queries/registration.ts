import type { RegisterBody } from "@/lib/contracts/ingest";
import type { Statement } from "../client";
import type { Downgrade } from "../schema/agents";
import { markSeenAgain, UNTYPED } from "./seen-agents";

const UPSERT = `
  INSERT INTO agents (id, type, state_since, first_seen_at, last_seen_at, model, provider, mcp_servers, tools, enforcement, can_clone, labels,
    prompt_hash, prompt_version, held_prompts, environment, version, sdk_version, key_id)
  VALUES (?1, coalesce(?2, '${UNTYPED}'), ?3, ?3, ?3, ?4, ?5, coalesce(?6, '[]'), coalesce(?7, '[]'), ?8, coalesce(?9, 0), coalesce(?10, '{}'), ?11, ?12, coalesce(?13, '[]'), ?14, ?15, ?16, ?17)
  ON CONFLICT (id) DO UPDATE SET
    type = coalesce(?2, agents.type), ${markSeenAgain("agents", "?18")},
    model = coalesce(?4, agents.model), provider = coalesce(?5, agents.provider), mcp_servers = coalesce(?6, agents.mcp_servers),
    tools = coalesce(?7, agents.tools), enforcement = coalesce(?8, agents.enforcement), can_clone = coalesce(?9, agents.can_clone),
    labels = coalesce(?10, agents.labels), held_prompts = coalesce(?13, agents.held_prompts),
    environment = coalesce(?14, agents.environment), version = coalesce(?15, agents.version), sdk_version = coalesce(?16, agents.sdk_version)`;

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
const flag = (value: boolean | null | undefined) => (value == null ? null : Number(value));

/**
 * An agent as its host describes it; what is left out stays as it was. `settled`: its type and enforcement after what would
 * loosen its containment was taken out (see core/agents/downgrade.ts). A silence of at least `maxLateMs` ends by it.
 */
export const upsertAgent = (
  body: RegisterBody,
  settled: { type: string | null; enforcement: boolean | null; keyId: string },
  now: number,
  maxLateMs: number,
): Statement => ({
  sql: UPSERT,
  args: [
    body.agent_id,
    settled.type,
    now,
    body.model ?? null,
    body.provider ?? null,
    json(body.mcp_servers),
    json(body.tools),
    flag(settled.enforcement),
    flag(body.can_clone),
    json(body.labels),
    body.prompt_hash ?? null,
    body.prompt_version ?? null,
    json(body.held_prompts),
    body.environment ?? null,
    body.version ?? null,
    body.sdk_version ?? null,
    settled.keyId,
    maxLateMs,
  ],
});

/** An instance that was heard from. A silence of at least `maxLateMs` ends by it. */
export const upsertInstance = (agentId: string, instanceId: string, now: number, maxLateMs: number): Statement => ({
  sql: `INSERT INTO agent_instances (agent_id, instance_id, first_seen_at, last_seen_at) VALUES (?1, ?2, ?3, ?3)
        ON CONFLICT (agent_id, instance_id) DO UPDATE SET ${markSeenAgain("agent_instances", "?4")}`,
  args: [agentId, instanceId, now, maxLateMs],
});

/** Records what a host asked for, unless something is asked already: what a person is reading is not exchanged. */
export const askDowngrade = (agentId: string, downgrade: Downgrade): Statement => ({
  sql: "UPDATE agents SET downgrade = ? WHERE id = ? AND downgrade IS NULL",
  args: [JSON.stringify(downgrade), agentId],
});
