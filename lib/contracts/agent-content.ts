import { z } from "zod";
import { CONTENT_KINDS } from "@/lib/core/base/vocabulary";
import { AgentParams } from "./agents";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

const run = z.string().min(1).max(200);

export const ContentQuery = z.object({
  run_id: run.optional().describe("only of this run"),
  before: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .describe("`seq` of the oldest entry on the previous page; returns older ones"),
});

/** Untrusted text that agents sent, redacted. */
export const ContentAnswer = z
  .object({
    stored: z.boolean().describe("whether the agent's ingest key stores content at the moment"),
    items: z.array(
      z.object({
        seq: z.int(),
        run_id: z.string().nullable(),
        kind: z.enum(CONTENT_KINDS),
        name: z.string().nullable().describe("name of the tool or model"),
        at: z.int().describe("epoch ms"),
        text: z.string().describe("as sent, with secrets redacted; only its beginning and end if `cut`"),
        cut: z.boolean(),
      }),
    ),
    more: z.boolean().describe("whether there are older entries"),
  })
  .meta({ id: "AgentContent" });
export type ContentAnswer = z.infer<typeof ContentAnswer>;

export const ContentDeleteQuery = z.object({ run_id: run.optional() });
export const ContentDeleted = z.object({ deleted: z.int() }).meta({ id: "AgentContentDeleted" });

/** For operators, not for everybody who may look: what people asked agents to do is theirs. */
export const AGENT_CONTENT = resource(PATHS.AGENT_CONTENT, {
  GET: {
    auth: "operator",
    summary: "Stored prompts, tool arguments and outputs of an agent, newest first; only for keys that store them",
    params: AgentParams,
    query: ContentQuery,
    response: ContentAnswer,
  },
  DELETE: {
    auth: "operator",
    summary: "Deletes the stored prompts, tool arguments and outputs of an agent",
    params: AgentParams,
    query: ContentDeleteQuery,
    response: ContentDeleted,
  },
});
