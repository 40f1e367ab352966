import { z } from "zod";
import { TOKEN_ROLES, TOKEN_SCOPES } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { EVENT_LIMITS } from "./event";
import { nameText } from "./plain-text";

/** Nothing that is made today is trusted in ten years. */
const LONGEST_DAYS = 3_650;

export const ApiTokenView = z
  .object({
    id: z.string(),
    name: z.string(),
    shown: z.string().describe("the first characters of the token"),
    role: z.enum(TOKEN_ROLES),
    scopes: z.array(z.enum(TOKEN_SCOPES)).describe("what it may do over MCP besides reading"),
    created_by: z.string(),
    created_at: z.int().describe("epoch ms"),
    expires_at: z.int().nullable().describe("null: it does not expire"),
    last_used_at: z.int().nullable().describe("to the minute"),
    revoked_at: z.int().nullable(),
  })
  .meta({ id: "ApiToken" });
export type ApiTokenView = z.infer<typeof ApiTokenView>;

export const ApiTokensAnswer = z.object({ tokens: z.array(ApiTokenView) }).meta({ id: "ApiTokens" });
export type ApiTokensAnswer = z.infer<typeof ApiTokensAnswer>;

export const NewApiTokenBody = z
  .strictObject({
    name: nameText(EVENT_LIMITS.name).describe("what it is for; its actions are recorded under this name"),
    role: z.enum(TOKEN_ROLES),
    scopes: z
      .array(z.enum(TOKEN_SCOPES))
      .max(TOKEN_SCOPES.length)
      .transform((scopes) => TOKEN_SCOPES.filter((scope) => scopes.includes(scope)))
      .optional()
      .describe("what it may do over MCP besides reading; `hold`: put an agent on hold. Default: nothing"),
    expires_in_days: z.int().min(1).max(LONGEST_DAYS).nullish().describe("if omitted, it does not expire"),
  })
  .meta({ id: "NewApiTokenBody" });
export type NewApiTokenBody = z.infer<typeof NewApiTokenBody>;

export const NewApiTokenAnswer = z
  .object({ token: ApiTokenView, secret: z.string().describe("the token itself, shown only once") })
  .meta({ id: "NewApiTokenAnswer" });
export type NewApiTokenAnswer = z.infer<typeof NewApiTokenAnswer>;

export const TOKENS = resource(PATHS.TOKENS, {
  GET: { auth: "admin", summary: "All API tokens, including expired and revoked ones", response: ApiTokensAnswer },
  POST: {
    auth: "admin",
    summary: "Create an API token for scripts, dashboards or CI; its secret is shown once",
    body: NewApiTokenBody,
    response: NewApiTokenAnswer,
    status: 201,
  },
});

export const TOKEN = resource(PATHS.TOKEN, {
  DELETE: { auth: "admin", summary: "Revoke an API token", params: z.object({ id: z.string().min(1).max(100) }) },
});
