import { z } from "zod";
import { ALERT_STATUSES } from "@/lib/core/alerts/alert";
import { alertFrom, type AlertDraft, isoTime, type ParsedAlerts, parseEach } from "./alert-parse";

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
    values: z.record(z.string(), z.unknown()).nullish().describe("Grafana: of each query, by its letter"),
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
        ...ruleOf(alert),
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

/** Alerts that Grafana makes in a rule's place, and what they say of it. */
const IN_PLACE_OF_RULE: Record<string, string> = {
  DatasourceNoData: "no data",
  DatasourceError: "the rule could not be evaluated",
};
/** The same, where the alert keeps the rule's name. */
const STATE_REASONS: Record<string, string> = {
  NoData: IN_PLACE_OF_RULE.DatasourceNoData!,
  Error: IN_PLACE_OF_RULE.DatasourceError!,
};

/**
 * The rule that an alert is of, and a summary where the alert needs one. When a rule gets no data or cannot be evaluated,
 * Grafana sends an alert called DatasourceNoData or DatasourceError with the rule's name in `rulename`.
 */
function ruleOf({ labels, annotations }: z.output<typeof WebhookAlert>): Pick<AlertDraft, "name" | "summary"> {
  const said = labels.alertname ?? annotations?.title ?? "";
  const instead = own(IN_PLACE_OF_RULE, said);
  const name = (instead && labels.rulename) || said;
  const reason = instead ?? own(STATE_REASONS, annotations?.grafana_state_reason ?? "");
  if (!reason) return { name };
  const source = labels.datasource ?? labels.datasource_uid;
  const error = annotations?.Error ?? annotations?.error;
  return { name, summary: [`${name}: ${reason}${source ? ` from ${source}` : ""}${error ? `: ${error}` : ""}`] };
}
const own = (words: Record<string, string>, word: string) => (Object.hasOwn(words, word) ? words[word] : undefined);

/** Grafana's rules ask in A and reduce and compare in later letters: the first letter that has a number is what was measured. */
function firstValue(values: Record<string, unknown> | null | undefined): number | null {
  const letters = Object.keys(values ?? {}).toSorted();
  return letters.map((letter) => values![letter]).find((value) => typeof value === "number") ?? null;
}
