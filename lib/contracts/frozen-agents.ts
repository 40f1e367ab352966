import { z } from "zod";
import { CHANGE_KINDS, DIRECTIVE_STATUSES, EVENT_KINDS, MODES } from "@/lib/core/base/vocabulary";
import { ms, name, text } from "./case-fields";

const Order = z.strictObject({
  status: z.enum(DIRECTIVE_STATUSES),
  rollback_to: z.string().nullable(),
  revoked_tools: z.array(z.string()),
  autonomy: z.strictObject({
    level: z.enum(["full", "reduced"]),
    max_model_calls: z.number().nullable(),
    max_tool_calls: z.number().nullable(),
    temperature: z.number().nullable(),
  }),
  memory_epoch: z.number().int().min(0),
});
export type Order = z.infer<typeof Order>;

const CaseEvent = z.strictObject({
  at: ms,
  applied: z.boolean().describe("reported while this directive was in effect"),
  kind: z.enum(EVENT_KINDS),
  instance_id: z.string().nullable(),
  body: z
    .record(z.string(), z.unknown())
    .describe("as reported, without fields that identify the agent or its directives"),
});
export type CaseEvent = z.infer<typeof CaseEvent>;

/** What an agent reported from one moment until it was told something else, or to the end of the recording. */
const AgentPart = z.strictObject({
  from: ms,
  order: Order.nullable().describe("null: no directive was in effect"),
  events: z.array(CaseEvent),
});
export type AgentPart = z.infer<typeof AgentPart>;

const CaseAgent = z.strictObject({
  id: name,
  type: name,
  mode: z.enum(MODES),
  model: z.string().nullable(),
  provider: z.string().nullable(),
  prompt_hash: z.string().nullable(),
  tools: z.array(z.string()),
  held_prompts: z.array(z.string()),
  enforcement: z.boolean(),
  can_clone: z.boolean(),
  /** The agent that it took over from, during the incident. */
  continues: name.nullable(),
  /** Vitals before the incident. */
  before: z.array(CaseEvent),
});
export type CaseAgent = z.infer<typeof CaseAgent>;

export const AgentEvidence = z.strictObject({
  /** When the trouble showed, by what Sentinel noted then. */
  onset_at: ms,
  subjects: z.array(name).min(1),
  agents: z.array(CaseAgent).min(1),
  changes: z.array(
    z.strictObject({
      agent: name,
      kind: z.enum(CHANGE_KINDS),
      from: z.string().nullable(),
      to: z.string().nullable(),
      note: text.nullable(),
      at: ms,
    }),
  ),
});
export const AgentRecording = z.strictObject({
  until: ms,
  agents: z.array(z.strictObject({ id: name, parts: z.array(AgentPart) })),
});
