import { z } from "zod";
import { address } from "./env-urls";

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
  HEARTBEAT_URL: address.describe(
    "Dead man's switch: called every minute while Sentinel receives, evaluates and notifies; the service behind it alerts when the calls stop",
  ),
};
