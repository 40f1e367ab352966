import { z } from "zod";
import { AGENT_STATES, LIVENESS, MODES } from "@/lib/core/base/vocabulary";
import { Directive } from "./directive";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { AgentEvent, EVENT_LIMITS } from "./event";
import { identifier, nameText } from "./plain-text";

/** The three accepted shapes of a body. Events are checked one by one, so that a bad one does not take the rest with it. */
const Events = z.array(z.unknown()).min(1).max(EVENT_LIMITS.eventsPerRequest);
export const IngestBody = z
  .union([
    Events.transform((events) => ({ events })),
    z.object({ events: Events }),
    z.object({ vitals: Events }).transform(({ vitals }) => ({ events: vitals })),
    // Anything else is one event, which is then told that its agent_id is missing instead of its events.
    z
      .looseObject({ events: z.undefined().optional(), vitals: z.undefined().optional() })
      .transform((event) => ({ events: [event as unknown] })),
  ])
  .meta({ id: "IngestBody" });
export type IngestBody = z.infer<typeof IngestBody>;

/** For the OpenAPI document only: what a well-formed body looks like. */
export const IngestBodyDoc = z
  .union([
    AgentEvent,
    z.array(AgentEvent),
    z.object({ events: z.array(AgentEvent) }),
    z.object({ vitals: z.array(AgentEvent) }),
  ])
  .meta({ id: "IngestBodyDoc" });

export const IngestAnswer = z
  .object({
    accepted: z.int(),
    duplicates: z.int(),
    rejected: z.array(z.object({ index: z.int(), field: z.string(), reason: z.string() })),
    notices: z
      .array(
        z.object({
          index: z.int().describe("index of the first such event"),
          agent_id: z.string(),
          instance_id: z.string().nullable(),
          field: z.string(),
          reason: z.string(),
          events: z.int().describe("how many events this applies to"),
        }),
      )
      .describe(
        "what was accepted but corrected, such as times far from the server's clock or acknowledgements of directives that were never issued",
      ),
    unknown_fields: z.array(z.string()).describe("unknown fields, which were ignored"),
    agents: z.record(z.string(), z.object({ state: z.enum(AGENT_STATES), mode: z.enum(MODES), directive: Directive })),
  })
  .meta({ id: "IngestAnswer" });
export type IngestAnswer = z.infer<typeof IngestAnswer>;

const name = nameText(EVENT_LIMITS.name);
export const RegisterBody = z
  .object({
    agent_id: identifier(EVENT_LIMITS.name),
    agent_type: identifier(EVENT_LIMITS.name).optional(),
    model: name.optional(),
    provider: name.optional(),
    mcp_servers: z.array(name).max(EVENT_LIMITS.mcpServers).optional(),
    tools: z.array(name).max(200).optional(),
    enforcement: z.boolean().optional().describe("whether the host runs a guard that enforces directives"),
    can_clone: z.boolean().optional().describe("whether the host registered a factory for successors"),
    labels: z.record(name, name.or(z.literal(""))).optional(),
    instance_id: name.optional(),
    prompt_hash: name.optional(),
    prompt_version: name.optional(),
    held_prompts: z.array(name).max(20).optional().describe("hashes of prompts the SDK can roll back to"),
    environment: name.optional(),
    version: name.optional(),
    sdk_version: name.optional(),
  })
  .meta({ id: "RegisterBody" });
export type RegisterBody = z.infer<typeof RegisterBody>;

export const AgentStanding = z
  .object({
    agent_id: z.string(),
    state: z.enum(AGENT_STATES),
    liveness: z.enum(LIVENESS),
    mode: z.enum(MODES),
    directive: Directive,
  })
  .meta({ id: "AgentStanding" });
export type AgentStanding = z.infer<typeof AgentStanding>;

export const INGEST = resource(PATHS.INGEST, {
  POST: {
    auth: "ingestKey",
    scope: "events",
    summary: "Receives events from agents, and answers with each agent's current directive",
    body: IngestBody,
    bodyDoc: IngestBodyDoc,
    response: IngestAnswer,
  },
});
export const REGISTER = resource(PATHS.REGISTER, {
  POST: {
    auth: "ingestKey",
    scope: "events",
    summary: "Registers an agent and answers with its current directive",
    body: RegisterBody,
    response: AgentStanding,
  },
});
