import { z } from "zod";
import { DEFAULT_WARN_SHARE, EACH } from "@/lib/core/budgets/budget";
import {
  AT_LIMIT,
  BUDGET_MEASURES,
  BUDGET_SCOPES,
  BUDGET_STANDINGS,
  BUDGET_WINDOWS,
  SPEND_DIMENSIONS,
} from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { identifier, nameText } from "./plain-text";

const at = z.int().describe("epoch ms");
/** Beyond it a number is a unit mistake: a day of the whole fleet's tokens stays below. */
const LIMIT_MAX = 1e12;
const amount = z.number().positive().max(LIMIT_MAX);
/** The longest warning that still is one. */
const SHARE_MAX = 0.99;

const params = z.object({ id: identifier(100) });

/** What a budget is set to. Its id is the caller's: the same one sent again changes it. */
export const BudgetBody = z
  .object({
    scope: z.enum(BUDGET_SCOPES),
    subject: nameText(200)
      .default(EACH)
      .describe(
        "a name, or `*` for a separate budget for each. For runs, the ID of an agent; for trees and the fleet, always `*`",
      ),
    window: z.enum(BUDGET_WINDOWS).describe("always `run` for runs and trees"),
    zone: z.string().min(1).max(64).optional().describe("IANA time zone; by default BUDGET_TIME_ZONE"),
    measure: z
      .enum(BUDGET_MEASURES)
      .describe("`depth` and `descendants` only for trees; `wall_seconds` and `idle_seconds` only for runs and trees"),
    limit: amount.describe("in USD, tokens, calls, levels, runs or seconds"),
    warn_share: z.number().min(0.01).max(SHARE_MAX).default(DEFAULT_WARN_SHARE),
    at_limit: z.enum(AT_LIMIT).default("pause_and_ask"),
  })
  .meta({ id: "BudgetBody" });
export type BudgetBody = z.infer<typeof BudgetBody>;

export const ForecastView = z
  .object({
    per_hour: z.number(),
    over_ms: z.int().describe("the period over which the rate was measured"),
    at_end: z.number().describe("projected use at the end of the window, at this rate"),
    reaches_at: at.nullable().describe("when the limit is reached at this rate; null: not within the window"),
  })
  .nullable()
  .describe("null: too little data, or a budget for runs");

export const BudgetUse = z
  .object({
    subject: z.string(),
    name: z.string().describe("the subject, as a text for people"),
    start: z.int().describe("start of the window, epoch ms; 0 for a run"),
    used: z.number(),
    limit: z.number().describe("including what people granted in addition"),
    share: z.number(),
    unknown: z.number().describe("calls not included in `used`, because their cost or tokens are unknown"),
    standing: z.enum(BUDGET_STANDINGS),
    version: z.int().nullable().describe("version to send back with a decision; null: nothing to decide"),
    incident_id: z.string().nullable(),
    forecast: ForecastView,
  })
  .meta({ id: "BudgetUse" });
export type BudgetUse = z.infer<typeof BudgetUse>;

export const BudgetView = z
  .object({
    id: z.string(),
    text: z.string().describe("the budget, as a text for people"),
    ...BudgetBody.shape,
    subject: z.string(),
    zone: z.string(),
    warn_share: z.number(),
    at_limit: z.enum(AT_LIMIT),
    created_at: at,
    updated_at: at,
    updated_by: z.string(),
    uses: z
      .array(BudgetUse)
      .describe("in the current window: the 5 highest users of this budget, and all that are held"),
  })
  .meta({ id: "BudgetView" });
export type BudgetView = z.infer<typeof BudgetView>;

export const BudgetChange = z.object({ at, text: z.string(), by: z.string().nullable() });
export const BudgetsAnswer = z
  .object({
    budgets: z.array(BudgetView),
    history: z.array(BudgetChange).describe("changes and grants, newest first, at most 50"),
  })
  .meta({ id: "BudgetsAnswer" });
export type BudgetsAnswer = z.infer<typeof BudgetsAnswer>;

export const BudgetDecisionBody = z
  .object({
    subject: z.string().min(1).max(401),
    start: z.int().min(0),
    version: z.int().min(1).describe("as shown; if it has changed since, the decision is rejected with 409"),
    decision: z.enum(["more", "stop"]),
    amount: amount.optional().describe("for `more`: how much to allow in addition, in units of the measure"),
    comment: z.string().trim().max(1000).optional(),
  })
  .superRefine(({ decision, amount: more }, context) => {
    if (decision === "more" && more === undefined)
      context.addIssue({ code: "custom", path: ["amount"], message: "is required when allowing more" });
  })
  .meta({ id: "BudgetDecisionBody" });
export type BudgetDecisionBody = z.infer<typeof BudgetDecisionBody>;

export const BUDGETS = resource(PATHS.BUDGETS, {
  GET: { auth: "viewer", summary: "Budgets, their current use, and their changes", response: BudgetsAnswer },
});
export const BUDGET = resource(PATHS.BUDGET, {
  PUT: { auth: "operator", summary: "Creates or changes a budget", params, body: BudgetBody, response: BudgetsAnswer },
  DELETE: { auth: "operator", summary: "Removes a budget; agents that it paused resume", params },
});
export const BUDGET_DECISION = resource(PATHS.BUDGET_DECISION, {
  POST: {
    auth: "operator",
    summary: "Decides on a budget that is used up: allow more for this run or window, or stop",
    params,
    body: BudgetDecisionBody,
    response: BudgetsAnswer,
  },
});

const Amounts = z.object({
  usd: z.number(),
  unpriced: z.number().describe("model calls with unknown cost, which are not in `usd`"),
  tokens: z.number(),
  uncounted: z.number().describe("model calls with unknown token counts"),
  model_calls: z.number(),
  tool_calls: z.number(),
});
export const SpendRow = z
  .object({
    name: z.string(),
    now: z.object({ usd: z.number(), tokens: z.number() }).describe("in the last hour"),
    today: Amounts,
    month: Amounts,
  })
  .meta({ id: "SpendRow" });
export type SpendRow = z.infer<typeof SpendRow>;

export const SPEND_SORTS = ["now", "today", "month"] as const;
export const SpendQuery = z.object({
  by: z.enum(SPEND_DIMENSIONS).default("team"),
  sort: z.enum(SPEND_SORTS).default("today"),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export const SpendAnswer = z
  .object({
    zone: z.string(),
    by: z.enum(SPEND_DIMENSIONS),
    today: z.object({ start: at, end: at }),
    month: z.object({ start: at, end: at }),
    fleet: SpendRow.extend({ forecast_today: ForecastView, forecast_month: ForecastView }),
    rows: z.array(SpendRow).describe("highest spenders first"),
    hours: z
      .array(z.object({ at, usd: z.number(), tokens: z.number() }))
      .describe("of the fleet, over the last 24 hours; hours without spending are omitted"),
  })
  .meta({ id: "SpendAnswer" });
export type SpendAnswer = z.infer<typeof SpendAnswer>;

export const SPEND = resource(PATHS.SPEND, {
  GET: {
    auth: "viewer",
    summary: "Spend in the last hour, today and this month, by team, user, repository, agent, model or tool",
    query: SpendQuery,
    response: SpendAnswer,
  },
});
