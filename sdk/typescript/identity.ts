import { randomUUID } from "node:crypto";
import { type Client, createClient } from "./client.js";
import type { Connection, Identity, Sink } from "./options.js";
import { quietly } from "./quietly.js";
import { type AgentEvent, cleanName, SDK_VERSION } from "./wire.js";

/** Events go to a function: nothing is sent, and nothing is waited for. */
function intoSink(sink: Sink): Client {
  let delivered = 0;
  return {
    realm: "",
    enqueue: (event, urgent = false) => quietly(() => (delivered++, sink(event, urgent))),
    flush: () => Promise.resolve(true),
    register: () => Promise.resolve(null),
    poll: () => Promise.resolve(null),
    listen: () => () => {},
    stats: () => ({ delivered, rejected: 0, dropped: 0, waiting: 0 }),
    close: () => Promise.resolve(),
  };
}

/** How events leave: by whose client, whether it is ours to close, and whether a server is behind it. */
export function reach(options: Connection): { client: Client; own: boolean; remote: boolean } {
  if (options.sink) return { client: intoSink(options.sink), own: true, remote: false };
  if (options.client) return { client: options.client, own: false, remote: true };
  return { client: createClient(options), own: true, remote: true };
}

/** One running instance of an agent: stamps events with who it is, the time and a growing sequence. */
export function createIdentity(o: Identity) {
  if (typeof o.agentId !== "string" || o.agentId.trim() === "")
    throw new TypeError("agentId must be a non-empty string");
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
