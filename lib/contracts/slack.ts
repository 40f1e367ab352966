import { z } from "zod";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

/** A click comes with the message that it was made on: its texts are bounded, and form encoding makes them up to nine times as long. */
const CLICK_BYTES = 512_000;

const team = z
  .string()
  .trim()
  .regex(/^[TE][A-Z0-9]{2,30}$/, "must be a workspace's ID, such as T0123456789");
const person = z
  .string()
  .trim()
  .regex(/^[UW][A-Z0-9]{2,30}$/, "must be a member's ID, such as U0123456789");

export const SlackAccountView = z
  .object({
    id: z.string(),
    user_id: z.string().describe("the account's ID"),
    team_id: z.string().describe("Slack's ID of the workspace"),
    slack_user_id: z.string().describe("Slack's ID of the person in it"),
    created_at: z.int().describe("epoch ms"),
    created_by: z.string(),
  })
  .meta({ id: "SlackAccount" });
export type SlackAccountView = z.infer<typeof SlackAccountView>;
export const SlackAccountsAnswer = z.object({ accounts: z.array(SlackAccountView) }).meta({ id: "SlackAccounts" });
export type SlackAccountsAnswer = z.infer<typeof SlackAccountsAnswer>;

export const SlackAccountBody = z
  .strictObject({
    user_id: z.string().min(1).max(100).describe("the account's ID, from /api/v1/users"),
    team_id: team,
    slack_user_id: person,
  })
  .meta({ id: "SlackAccountBody" });
export type SlackAccountBody = z.infer<typeof SlackAccountBody>;

export const SLACK_ACCOUNTS = resource(PATHS.SLACK_ACCOUNTS, {
  GET: { auth: "admin", summary: "Which account each person in Slack acts as", response: SlackAccountsAnswer },
  POST: {
    auth: "admin",
    summary: "Let a person in Slack act as an account, with the role that it has at that time",
    body: SlackAccountBody,
    response: SlackAccountView,
    status: 201,
  },
});
export const SLACK_ACCOUNT = resource(PATHS.SLACK_ACCOUNT, {
  DELETE: {
    auth: "admin",
    summary: "End such a link",
    params: z.object({ id: z.string().min(1).max(100) }),
  },
});

/** What Slack sends when somebody presses a button: of its many members, those that are looked at. */
export const SlackClick = z.object({
  type: z.literal("block_actions"),
  team: z.object({ id: z.string().min(1).max(100) }),
  user: z.object({ id: z.string().min(1).max(100), team_id: z.string().max(100).optional() }),
  trigger_id: z.string().min(1).max(500),
  response_url: z.string().max(2_000).optional(),
  container: z.object({ channel_id: z.string().min(1).max(100), message_ts: z.string().min(1).max(100) }),
  actions: z.array(z.object({ action_id: z.string().max(300), value: z.string().max(2_000).optional() })).min(1).max(20),
}); // prettier-ignore
export type SlackClick = z.infer<typeof SlackClick>;

export const SLACK_INTERACTIONS = resource(PATHS.SLACK_INTERACTIONS, {
  POST: {
    auth: "slackSignature",
    summary: "Takes clicks on buttons in Slack; for the interactivity request URL of a Slack app",
    body: z.object({ payload: z.string().describe("JSON, as Slack sends it") }),
    rawBody: ["application/x-www-form-urlencoded"],
    maxBytes: CLICK_BYTES,
  },
});
