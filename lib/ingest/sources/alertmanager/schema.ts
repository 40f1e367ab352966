import { z } from "zod";
import { isoTime } from "@/lib/contracts/timestamp";
import { ALERT_STATUSES } from "@/lib/core/alerts/alert";

const texts = z.record(z.string(), z.string());
/** Notes may hold numbers; they tell no alert apart. */
const notes = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .transform((all) =>
    Object.fromEntries(Object.entries(all).flatMap(([name, note]) => (note === null ? [] : [[name, String(note)]]))),
  );

/** One alert of Alertmanager's webhook, version 4, and of Grafana's contact point, which says more in the same form. */
export const WebhookAlert = z
  .object({
    status: z.enum(ALERT_STATUSES),
    labels: texts,
    annotations: notes.nullish(),
    startsAt: isoTime.nullish(),
    endsAt: isoTime.nullish().describe("0001-01-01T00:00:00Z means none"),
    generatorURL: z.string().nullish(),
    fingerprint: z
      .union([z.string(), z.number()])
      .nullish()
      .transform((print) => (print == null ? null : String(print))),
    panelURL: z.string().nullish().describe("Grafana"),
    dashboardURL: z.string().nullish().describe("Grafana"),
    values: z.record(z.string(), z.unknown()).nullish().describe("Grafana: value of each query, by its letter"),
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
