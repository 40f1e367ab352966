import { alertSource } from "../alert-source";
import { parseWebhook } from "./parse";
import { WebhookBody, WebhookBodyDoc } from "./schema";

export const alertmanager = alertSource({
  kind: "alertmanager",
  auth: "token",
  summary: "Receives alerts from Alertmanager (webhook version 4)",
  body: WebhookBody,
  bodyDoc: WebhookBodyDoc,
  parse: (body, now) => parseWebhook("alertmanager", body, now),
});
