import { z } from "zod";
import { KEY_SCOPES } from "@/lib/core/base/vocabulary";
import { parseIdentity } from "@/lib/core/agents/identity-template";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { EVENT_LIMITS } from "./event";
import { nameText } from "./plain-text";

const name = nameText(EVENT_LIMITS.name);
/** Services that one key names; who sends for more names a beginning. */
const MAX_SERVICES = 100;

const identity = z.string().superRefine((template, context) => {
  const read = parseIdentity(template);
  if (typeof read === "string") context.addIssue({ code: "custom", message: read });
});

export const KeyView = z
  .object({
    id: z.string(),
    name: z.string(),
    shown: z.string().describe("the first characters of the key"),
    agent_id: z.string().nullable().describe("the only agent it may report for"),
    name_prefix: z.string().nullable().describe("prefix of the ids of the agents it may report for"),
    scopes: z.array(z.enum(KEY_SCOPES)).describe("what it may send"),
    services: z
      .array(z.string())
      .describe("services whose logs and changes it may send; a trailing `*` matches any ending"),
    identity: z
      .string()
      .nullable()
      .describe("template of its agents' IDs over OpenTelemetry; null: program, user or host, and repository"),
    content: z.boolean().describe("whether prompts, tool arguments and outputs that it sends are stored, redacted"),
    created_by: z.string(),
    created_at: z.int().describe("epoch ms"),
    last_used_at: z.int().nullable().describe("to the minute"),
    revoked_at: z.int().nullable(),
  })
  .meta({ id: "IngestKey" });
export type KeyView = z.infer<typeof KeyView>;

export const KeysAnswer = z.object({ keys: z.array(KeyView) }).meta({ id: "IngestKeys" });
export type KeysAnswer = z.infer<typeof KeysAnswer>;

export const NewKeyBody = z
  .strictObject({
    name,
    agent_id: name.optional(),
    name_prefix: name.optional(),
    scopes: z
      .array(z.enum(KEY_SCOPES))
      .min(1)
      .max(KEY_SCOPES.length)
      .default(["events", "changes"])
      .transform((scopes) => KEY_SCOPES.filter((scope) => scopes.includes(scope))),
    services: z
      .array(name.regex(/^[^*]*\*?$/, "`*` is allowed only at the end"))
      .max(MAX_SERVICES)
      .default([]),
    identity: identity
      .optional()
      .describe(
        "such as `{service.name}:{user.email|host.name}`; within a placeholder, the first attribute that was sent is used",
      ),
    content: z
      .boolean()
      .default(false)
      .describe("store prompts, tool arguments and outputs that it sends, redacted and length-limited"),
  })
  .refine((key) => !(key.agent_id && key.identity), {
    path: ["identity"],
    error: "a key that is bound to one agent needs no identity template",
  })
  .refine((key) => !(key.agent_id && key.name_prefix), {
    path: ["name_prefix"],
    error: "a key is bound to one agent or to a prefix, not to both",
  })
  .refine((key) => !key.scopes.includes("logs") || key.services.length > 0, {
    path: ["services"],
    error: "the logs scope needs services: name those whose logs it may send, or * for all",
  })
  .refine((key) => !key.scopes.includes("gateway") || key.agent_id !== undefined, {
    path: ["scopes"],
    error: "the gateway scope needs a key that is bound to one agent (agent_id)",
  })
  .meta({ id: "NewKeyBody" });
export type NewKeyBody = z.input<typeof NewKeyBody>;

export const NewKeyAnswer = z
  .object({ key: KeyView, secret: z.string().describe("the key itself, shown only once") })
  .meta({ id: "NewKeyAnswer" });
export type NewKeyAnswer = z.infer<typeof NewKeyAnswer>;

export const KeyParams = z.object({ id: z.string().min(1).max(100) });

export const KEYS = resource(PATHS.KEYS, {
  GET: { auth: "admin", summary: "All ingest keys, including revoked ones", response: KeysAnswer },
  POST: {
    auth: "admin",
    summary: "Create an ingest key; its secret is shown once",
    body: NewKeyBody,
    response: NewKeyAnswer,
    status: 201,
  },
});

export const KeyPatch = z.strictObject({ content: z.boolean() }).meta({ id: "IngestKeyPatch" });

export const KEY = resource(PATHS.KEY, {
  PATCH: {
    auth: "admin",
    summary:
      "Starts or stops storing the content that a key sends; stored content stays until it expires or is deleted",
    params: KeyParams,
    body: KeyPatch,
    response: KeyView,
  },
  DELETE: { auth: "admin", summary: "Revoke an ingest key", params: KeyParams },
});
