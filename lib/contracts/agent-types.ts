import { z } from "zod";
import { MODES, RISKS } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { looksLike } from "./plain-text";

export const AgentTypeSettings = z
  .object({
    type: z.string(),
    looks_like: looksLike,
    mode: z.enum(MODES),
    threshold: z.number().min(0).max(10.1).nullable().describe("null uses the fleet's setting"),
    allows: z.array(z.enum(RISKS)),
    floor: z.int().min(0).max(100_000),
    agents: z.int(),
  })
  .meta({ id: "AgentTypeSettings" });
export type AgentTypeSettings = z.infer<typeof AgentTypeSettings>;
export const AgentTypePatch = AgentTypeSettings.pick({
  mode: true,
  threshold: true,
  allows: true,
  floor: true,
})
  .partial()
  .meta({ id: "AgentTypePatch" });
export type AgentTypePatch = z.infer<typeof AgentTypePatch>;

export const AgentTypesAnswer = z.object({ types: z.array(AgentTypeSettings) }).meta({ id: "AgentTypesAnswer" });

export const AGENT_TYPES = resource(PATHS.AGENT_TYPES, {
  GET: { auth: "viewer", summary: "Settings of each agent type", response: AgentTypesAnswer },
});

export const AGENT_TYPE = resource(PATHS.AGENT_TYPE, {
  PATCH: {
    auth: "admin",
    summary: "Changes the settings of an agent type",
    params: z.object({ type: z.string().min(1).max(200) }),
    body: AgentTypePatch,
    response: AgentTypesAnswer,
  },
});
