import { agentsLeft, assertBound, type IngestKey } from "@/lib/auth/keys";
import type { AgentStanding, RegisterBody } from "@/lib/contracts/ingest";
import { settle } from "@/lib/core/agents/downgrade";
import type { Mode } from "@/lib/core/base/vocabulary";
import { type Db, write } from "@/lib/db/client";
import { eventsInsert } from "@/lib/db/commit";
import { findAgent, getAgent } from "@/lib/db/queries/agents";
import { heardAgain, typesOf, underItsKeysHold, UNTYPED } from "@/lib/db/queries/events";
import { defaultPolicy, loadPolicies } from "@/lib/db/queries/settings";
import type { Downgrade } from "@/lib/db/schema/agents";
import { SentinelError } from "@/lib/errors";
import { type LoopConfig, loopConfig } from "@/lib/config/agents";
import { downgradeText } from "@/lib/response/agents/downgrade";
import { standing } from "./ingest";

/**
 * Makes an agent known, or says anew what it is. What is left out stays as it was; what would loosen its containment waits
 * for a person (see core/downgrade.ts). Answers with its standing directive, so
 * that a restarted instance has it before its first run. Throws `forbidden` for another's agent or when the key has
 * introduced as many as it may.
 */
export async function register(
  db: Db,
  key: IngestKey,
  body: RegisterBody,
  now: number,
  config: LoopConfig = loopConfig(),
): Promise<AgentStanding> {
  await assertBound(db, key, "agent", body.agent_id, "agent_id");
  const known = await findAgent(db, body.agent_id);
  if (!known && (await agentsLeft(db, key)) < 1)
    throw new SentinelError("forbidden", {
      detail: "This key has reached its limit of registered agents",
      fields: [{ field: "agent_id", reason: "one too many" }],
    });
  const settled = known
    ? settle(known, { type: body.agent_type, enforcement: body.enforcement }, await modes(db), UNTYPED)
    : null;
  const type = settled ? settled.type : (body.agent_type ?? null);
  const enforcement = settled ? settled.enforcement : (body.enforcement ?? null);
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  const flag = (value: boolean | null | undefined) => (value == null ? null : Number(value));
  const said = [
    body.agent_id,
    type,
    now,
    body.model ?? null,
    body.provider ?? null,
    json(body.mcp_servers),
    json(body.tools),
    flag(enforcement),
    flag(body.can_clone),
    json(body.labels),
    body.prompt_hash ?? null,
    body.prompt_version ?? null,
    json(body.held_prompts),
    body.environment ?? null,
    body.version ?? null,
    body.sdk_version ?? null,
    key.id,
    config.maxLateMs,
  ];
  const asks = known?.downgrade ? null : (settled?.asks ?? null);
  const downgrade: Downgrade | null = asks && { ...asks, at: now, keyId: key.id };
  await write(db, [
    { sql: UPSERT, args: said },
    ...(known ? [] : [underItsKeysHold([body.agent_id], key.id, now)]),
    typesOf([body.agent_id], now),
    ...(downgrade
      ? [
          {
            sql: "UPDATE agents SET downgrade = ? WHERE id = ? AND downgrade IS NULL",
            args: [JSON.stringify(downgrade), body.agent_id],
          },
          eventsInsert(db, [
            {
              at: now,
              type: "agent.downgrade_asked",
              agentId: body.agent_id,
              text: `The host of ${body.agent_id} asks ${downgradeText(downgrade)}; nothing changes until a person accepts it`,
              data: { ...downgrade, page: true },
            },
          ]),
        ]
      : []),
    ...(body.instance_id
      ? [
          {
            sql: `INSERT INTO agent_instances (agent_id, instance_id, first_seen_at, last_seen_at) VALUES (?1, ?2, ?3, ?3)
                  ON CONFLICT (agent_id, instance_id) DO UPDATE SET ${heardAgain("agent_instances", "?4")}`,
            args: [body.agent_id, body.instance_id, now, config.maxLateMs],
          },
        ]
      : []),
  ]);
  return agentStanding(db, body.agent_id, config);
}

/** How agents of each type are treated. */
async function modes(db: Db): Promise<(type: string) => Mode> {
  const policies = await loadPolicies(db);
  return (type) => (policies.get(type) ?? defaultPolicy(type)).mode;
}

const UPSERT = `
  INSERT INTO agents (id, type, state_since, first_seen_at, last_seen_at, model, provider, mcp_servers, tools, enforcement, can_clone, labels,
    prompt_hash, prompt_version, held_prompts, environment, version, sdk_version, key_id)
  VALUES (?1, coalesce(?2, '${UNTYPED}'), ?3, ?3, ?3, ?4, ?5, coalesce(?6, '[]'), coalesce(?7, '[]'), ?8, coalesce(?9, 0), coalesce(?10, '{}'), ?11, ?12, coalesce(?13, '[]'), ?14, ?15, ?16, ?17)
  ON CONFLICT (id) DO UPDATE SET
    type = coalesce(?2, agents.type), ${heardAgain("agents", "?18")},
    model = coalesce(?4, agents.model), provider = coalesce(?5, agents.provider), mcp_servers = coalesce(?6, agents.mcp_servers),
    tools = coalesce(?7, agents.tools), enforcement = coalesce(?8, agents.enforcement), can_clone = coalesce(?9, agents.can_clone),
    labels = coalesce(?10, agents.labels), held_prompts = coalesce(?13, agents.held_prompts),
    environment = coalesce(?14, agents.environment), version = coalesce(?15, agents.version), sdk_version = coalesce(?16, agents.sdk_version)`;

/** An agent's state and directive. Throws not_found. */
export async function agentStanding(
  db: Db,
  agentId: string,
  config: LoopConfig = loopConfig(),
): Promise<AgentStanding> {
  const agent = await getAgent(db, agentId);
  const { [agentId]: now } = await standing(db, [agentId], config);
  return {
    agent_id: agentId,
    state: agent.state,
    liveness: agent.liveness,
    mode: now!.mode,
    directive: now!.directive,
  };
}
