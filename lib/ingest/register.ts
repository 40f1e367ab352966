import { agentsLeft, assertBound, type IngestKey } from "@/lib/auth/keys";
import type { AgentStanding, RegisterBody } from "@/lib/contracts/ingest";
import { settle } from "@/lib/core/agents/downgrade";
import type { Mode } from "@/lib/core/base/vocabulary";
import { type Db, write } from "@/lib/db/client";
import { eventsInsert } from "@/lib/db/commit";
import { findAgent, getAgent } from "@/lib/db/queries/agents";
import { typesOf, underItsKeysHold, UNTYPED } from "@/lib/db/queries/seen-agents";
import { askDowngrade, upsertAgent, upsertInstance } from "@/lib/db/queries/registration";
import { loadPolicies, policyOf } from "@/lib/db/queries/settings";
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
      fields: [{ field: "agent_id", reason: "would exceed this key's limit of registered agents" }],
    });
  const settled = known
    ? settle(known, { type: body.agent_type, enforcement: body.enforcement }, await modes(db), UNTYPED)
    : null;
  const type = settled ? settled.type : (body.agent_type ?? null);
  const enforcement = settled ? settled.enforcement : (body.enforcement ?? null);
  const asks = known?.downgrade ? null : (settled?.asks ?? null);
  const downgrade: Downgrade | null = asks && { ...asks, at: now, keyId: key.id };
  await write(db, [
    upsertAgent(body, { type, enforcement, keyId: key.id }, now, config.maxLateMs),
    ...(known ? [] : [underItsKeysHold([body.agent_id], key.id, now)]),
    typesOf([body.agent_id], now),
    ...(downgrade
      ? [
          askDowngrade(body.agent_id, downgrade),
          eventsInsert(db, [
            {
              at: now,
              type: "agent.downgrade_asked",
              agentId: body.agent_id,
              text: `The host of ${body.agent_id} requests weaker containment: ${downgradeText(downgrade)}; nothing changes until a person accepts it`,
              data: { ...downgrade, page: true },
            },
          ]),
        ]
      : []),
    ...(body.instance_id ? [upsertInstance(body.agent_id, body.instance_id, now, config.maxLateMs)] : []),
  ]);
  return agentStanding(db, body.agent_id, config);
}

/** How agents of each type are treated, whatever the hour: it decides what counts as a loosening. */
async function modes(db: Db): Promise<(type: string) => Mode> {
  const policies = await loadPolicies(db);
  return (type) => policyOf(policies, type).mode;
}

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
