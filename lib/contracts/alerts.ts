import { z } from "zod";
import { DatadogBody, DatadogBodyDoc } from "./alert-datadog";
import { GenericBody, GenericBodyDoc } from "./alert-generic";
import { PagerDutyBody } from "./alert-pagerduty";
import { WebhookBody, WebhookBodyDoc } from "./alert-webhook";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

/** Bytes of a webhook's body: some thousand alerts in one group. A sender does not try again what was too large. */
export const ALERT_BODY_BYTES = 8_000_000;

/** What became of a request's alerts. Taking them in is all that is answered; incidents open right after. */
export const AlertsAnswer = z
  .object({
    accepted: z.int().describe("alerts that were new or ended"),
    repeated: z.int().describe("alerts that were known already, and were counted"),
    rejected: z
      .array(
        z.object({
          index: z.int(),
          field: z.string().describe("path such as `alerts[3].startsAt`; empty for the whole"),
          reason: z.string(),
        }),
      )
      .describe("at most 100 problems"),
    notices: z
      .array(z.object({ index: z.int(), field: z.string(), reason: z.string() }))
      .describe("what was accepted, but not exactly as it was sent; at most 100"),
    rejected_alerts: z.int().describe("alerts that had a problem; the others were accepted"),
    truncated: z.int().describe("alerts that the sender left out, or beyond 10,000"),
    ignored: z.string().nullable().describe("why there was nothing to do"),
  })
  .meta({ id: "AlertsAnswer" });
export type AlertsAnswer = z.infer<typeof AlertsAnswer>;

const common = { auth: "alertSource", response: AlertsAnswer, status: 202, maxBytes: ALERT_BODY_BYTES } as const;

export const ALERTS_ALERTMANAGER = resource(PATHS.ALERTS_ALERTMANAGER, {
  POST: {
    ...common,
    sender: "alertmanager",
    summary: "Receives alerts from Alertmanager (webhook version 4)",
    body: WebhookBody,
    bodyDoc: WebhookBodyDoc,
  },
});
export const ALERTS_GRAFANA = resource(PATHS.ALERTS_GRAFANA, {
  POST: {
    ...common,
    sender: "grafana",
    summary: "Receives alerts from Grafana (webhook contact point)",
    body: WebhookBody,
    bodyDoc: WebhookBodyDoc,
  },
});
export const ALERTS_GENERIC = resource(PATHS.ALERTS_GENERIC, {
  POST: {
    ...common,
    sender: "generic",
    summary: "Receives alerts in Sentinel's own format, one or many",
    body: GenericBody,
    bodyDoc: GenericBodyDoc,
  },
});
export const ALERTS_PAGERDUTY = resource(PATHS.ALERTS_PAGERDUTY, {
  POST: {
    ...common,
    auth: "signature",
    sender: "pagerduty",
    summary: "Receives incidents from PagerDuty (webhooks version 3, signed)",
    body: PagerDutyBody,
  },
});
export const ALERTS_DATADOG = resource(PATHS.ALERTS_DATADOG, {
  POST: {
    ...common,
    sender: "datadog",
    summary: "Receives a notification of a Datadog monitor (Sentinel's template)",
    body: DatadogBody,
    bodyDoc: DatadogBodyDoc,
  },
});
