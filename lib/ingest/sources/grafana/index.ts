import { alertSource } from "../alert-source";
import { parseWebhook } from "../alertmanager/parse";
import { WebhookBody, WebhookBodyDoc } from "../alertmanager/schema";

/** Grafana sends Alertmanager's webhook, and says more in it. */
export const grafana = alertSource({
  kind: "grafana",
  auth: "token",
  summary: "Receives alerts from Grafana (webhook contact point)",
  body: WebhookBody,
  bodyDoc: WebhookBodyDoc,
  parse: (body, now) => parseWebhook("grafana", body, now),
});
