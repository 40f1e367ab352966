import { z } from "zod";
import { ALERT_SOURCE_KINDS, TOKEN_SOURCES } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

export const AlertSourceView = z
  .object({
    id: z.string(),
    kind: z.enum(ALERT_SOURCE_KINDS),
    path: z.string().describe("the endpoint it sends to"),
    signed: z.boolean().describe("authenticates by a signature instead of a token"),
    created_by: z.string(),
    created_at: z.int().describe("epoch ms"),
    last_at: z.int().nullable().describe("when its latest message arrived"),
    received: z.int().describe("messages"),
    refused: z.int().describe("rejected alerts or whole messages"),
    last_refusal: z.string().nullable().describe("the reason for the latest rejection"),
    last_refusal_at: z.int().nullable(),
    revoked_at: z.int().nullable(),
  })
  .meta({ id: "AlertSource" });
export type AlertSourceView = z.infer<typeof AlertSourceView>;

export const AlertSourcesAnswer = z.object({ sources: z.array(AlertSourceView) }).meta({ id: "AlertSources" });
export type AlertSourcesAnswer = z.infer<typeof AlertSourcesAnswer>;

export const NewAlertSourceBody = z.strictObject({ kind: z.enum(TOKEN_SOURCES) }).meta({ id: "NewAlertSourceBody" });
export type NewAlertSourceBody = z.infer<typeof NewAlertSourceBody>;

export const NewAlertSourceAnswer = z
  .object({
    source: AlertSourceView,
    token: z
      .string()
      .describe(
        "shown only once; sent as a bearer token, as X-Sentinel-Token or as the password of basic authentication",
      ),
  })
  .meta({ id: "NewAlertSourceAnswer" });
export type NewAlertSourceAnswer = z.infer<typeof NewAlertSourceAnswer>;

export const AlertSourceParams = z.object({ id: z.string().min(1).max(100) });

/** What a test alert went through. It is parsed, recorded and ended at once; it opens no incident. */
export const AlertSourceTestAnswer = z
  .object({ alert_id: z.string(), service: z.string(), summary: z.string() })
  .meta({ id: "AlertSourceTestAnswer" });
export type AlertSourceTestAnswer = z.infer<typeof AlertSourceTestAnswer>;

export const ALERT_SOURCES = resource(PATHS.ALERT_SOURCES, {
  GET: { auth: "viewer", summary: "Alert sources, and when each last sent", response: AlertSourcesAnswer },
  POST: {
    auth: "admin",
    summary: "Create an alert source; its token is shown once",
    body: NewAlertSourceBody,
    response: NewAlertSourceAnswer,
    status: 201,
  },
});
export const ALERT_SOURCE = resource(PATHS.ALERT_SOURCE, {
  DELETE: { auth: "admin", summary: "Revoke a source's token", params: AlertSourceParams },
});
export const ALERT_SOURCE_TEST = resource(PATHS.ALERT_SOURCE_TEST, {
  POST: {
    auth: "operator",
    summary: "Sends a test alert end to end, without opening an incident",
    params: AlertSourceParams,
    response: AlertSourceTestAnswer,
  },
});
