import { z } from "zod";
import { ALERT_STATUSES } from "@/lib/core/alert";
import { alertFrom, isoTime, type ParsedAlerts, parseEach } from "./alert-parse";

const texts = z.record(z.string(), z.string());

/** One alert of Alertmanager's webhook, version 4, and of Grafana's contact point, which says more in the same form. */
export const WebhookAlert = z
  .object({
    status: z.enum(ALERT_STATUSES),
    labels: texts,
    annotations: texts.nullish(),
    startsAt: isoTime.nullish(),
    endsAt: isoTime.nullish().describe("0001-01-01T00:00:00Z means none"),
    generatorURL: z.string().nullish(),
    fingerprint: z.string().nullish(),
    panelURL: z.string().nullish().describe("Grafana"),
    dashboardURL: z.string().nullish().describe("Grafana"),
    values: z.record(z.string(), z.number().nullable()).nullish().describe("Grafana: of each query, by its letter"),
  })
  .meta({ id: "WebhookAlert" });

/** The alerts are checked one by one, so that a bad one does not take the rest with it. */
export const WebhookBody = z
  .looseObject({
    alerts: z.array(z.unknown()),
    truncatedAlerts: z.int().min(0).nullish().describe("alerts that the sender left out of the group"),
  })
  .meta({ id: "AlertWebhookBody" });
export type WebhookBody = z.infer<typeof WebhookBody>;

/** For the OpenAPI document only. */
export const WebhookBodyDoc = z
  .object({
    version: z.string().optional(),
    groupKey: z.string().optional(),
    truncatedAlerts: z.int().optional(),
    status: z.enum(ALERT_STATUSES).optional().describe("of the group; each alert has its own"),
    receiver: z.string().optional(),
    groupLabels: texts.optional(),
    commonLabels: texts.optional(),
    commonAnnotations: texts.optional(),
    externalURL: z.string().optional(),
    alerts: z.array(WebhookAlert),
  })
  .meta({ id: "AlertWebhookBodyDoc" });

/** Alerts of a webhook of Alertmanager or Grafana. `now` is the time of arrival, in epoch ms. */
export function parseWebhook(source: "alertmanager" | "grafana", body: WebhookBody, now: number): ParsedAlerts {
  const parsed = parseEach(body.alerts, WebhookAlert, (alert) =>
    alertFrom(
      {
        source,
        name: alert.labels.alertname ?? alert.annotations?.title ?? "",
        status: alert.status,
        labels: alert.labels,
        annotations: alert.annotations,
        fingerprint: alert.fingerprint,
        startsAt: alert.startsAt,
        endsAt: alert.endsAt,
        url: alert.generatorURL || alert.panelURL || alert.dashboardURL,
        value: firstValue(alert.values),
      },
      now,
    ),
  );
  parsed.truncated += body.truncatedAlerts ?? 0;
  return parsed;
}

/** Grafana's rules ask in A and reduce and compare in later letters: the first letter that has a number is what was measured. */
function firstValue(values: Record<string, number | null> | null | undefined): number | null {
  const letters = Object.keys(values ?? {}).toSorted();
  return letters.map((letter) => values![letter]).find((value) => value != null) ?? null;
}
