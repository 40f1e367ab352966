import { z } from "zod";
import { address } from "./env-urls";

/** Bot tokens go there: in the clear only within this machine. */
const isSafe = (value: string): boolean => {
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" || ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
};

/** Variables of notifications. */
export const NOTIFY_VARIABLES = {
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: "must begin with smtp:// or smtps://" })
    .optional()
    .describe(
      "Mail server for e-mail notifications, as smtp://user:password@host:587; smtps:// for TLS from the start",
    ),
  SMTP_FROM: z
    .string()
    .regex(/^[^\p{Cc}@]+@[^\p{Cc}@]+$/u, "must be an e-mail address, with or without a name")
    .default("Sentinel <sentinel@localhost>")
    .describe("Sender of those e-mails"),
  SLACK_URL: z
    .url({ protocol: /^https?$/ })
    .refine((value) => URL.canParse(value) && isSafe(value), "must be https, or on this machine")
    .default("https://slack.com")
    .transform((value) => new URL(value).origin)
    .describe("Slack, for channels of the kind Slack app; https://slack-gov.com for GovSlack"),
  HEARTBEAT_URL: address.describe(
    "Dead man's switch: called every minute while Sentinel receives, evaluates and notifies; the service behind it alerts when the calls stop",
  ),
};
