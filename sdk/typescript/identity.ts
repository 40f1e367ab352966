import { randomUUID } from "node:crypto";
import { type Client, createClient } from "./client";
import type { Connection, Identity } from "./options";
import { type AgentEvent, cleanName, SDK_VERSION } from "./wire";

export const clientOf = (options: Connection): { client: Client; own: boolean } =>
  options.client ? { client: options.client, own: false } : { client: createClient(options), own: true };

/** One running instance of an agent: stamps events with who it is, the time and a growing sequence. */
export function createIdentity(o: Identity) {
  const instanceId = randomUUID();
  const mcpServers = o.mcpServers?.flatMap((s) => cleanName(s) ?? []);
  const base = {
    agent_id: o.agentId,
    instance_id: instanceId,
    sdk_version: SDK_VERSION,
    ...(o.agentType && { agent_type: o.agentType }),
    ...(o.environment && { environment: o.environment }),
    ...(o.version && { version: o.version }),
  };
  let sequence = 0;
  return {
    instanceId,
    /** What a registration says beside the agent's abilities. */
    registration: { ...base, ...(mcpServers && { mcp_servers: mcpServers }), ...(o.labels && { labels: o.labels }) },
    stamp: (event: Omit<AgentEvent, "agent_id">): AgentEvent => ({
      timestamp: Date.now(),
      ...base,
      ...event,
      sequence: sequence++,
    }),
  };
}
