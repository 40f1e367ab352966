import { z } from "zod";
import { fingerprintOf } from "@/lib/core/alerts/alert";
import { severityOf } from "@/lib/core/alerts/alert-severity";
import type { AlertSeverity } from "@/lib/core/base/vocabulary";
import { alertFrom, type ParsedAlerts, parseEach, tagsIn } from "./alert-parse";
import { DATADOG_TEMPLATE } from "./datadog-template";

/** A variable that Datadog has nothing for stays as it is, or comes as nothing. */
const filled = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    const text = value == null ? "" : String(value).trim();
    return text === "null" || /^\$[A-Z_]+$/.test(text) ? "" : text;
  });

const TRANSITIONS: Record<string, { status: "firing" | "resolved"; severity?: AlertSeverity }> = {
  triggered: { status: "firing" },
  "re-triggered": { status: "firing" },
  renotify: { status: "firing" },
  alert: { status: "firing" },
  "no data": { status: "firing", severity: "warning" },
  "re-no data": { status: "firing", severity: "warning" },
  warn: { status: "firing", severity: "warning" },
  "re-warn": { status: "firing", severity: "warning" },
  recovered: { status: "resolved" },
  ok: { status: "resolved" },
  "warn recovered": { status: "resolved" },
  "no data recovered": { status: "resolved" },
};

const DatadogAlert = z.object({
  alert_id: filled.refine((id) => id !== "", "expected the monitor's id: is the payload the documented template?"),
  title: filled,
  transition: filled
    .transform((word) => word.toLowerCase())
    .refine((word) => Object.hasOwn(TRANSITIONS, word), `expected one of ${Object.keys(TRANSITIONS).join(", ")}`),
  type: filled,
  priority: filled,
  scope: filled,
  metric: filled,
  query: filled,
  status: filled,
  message: filled,
  host: filled,
  tags: filled,
  link: filled,
  date: filled,
});

/** A priority says how much a monitor matters; a transition to Warn or No Data is never more than a warning. */
function severityIn(
  atMost: AlertSeverity | undefined,
  { priority, type }: z.output<typeof DatadogAlert>,
): AlertSeverity {
  const said = severityOf(priority || type);
  return atMost && (said === "critical" || !priority) ? atMost : said;
}

export const DatadogBody = z.looseObject({}).meta({ id: "DatadogBody" });
export type DatadogBody = z.infer<typeof DatadogBody>;
/** For the OpenAPI document only: the template. */
export const DatadogBodyDoc = z
  .object(
    Object.fromEntries(
      Object.entries(DATADOG_TEMPLATE).map(([name, variable]) => [name, z.string().describe(variable)]),
    ),
  )
  .meta({ id: "DatadogBodyDoc", example: DATADOG_TEMPLATE });

/**
 * The alert that a notification of a Datadog monitor is about. A monitor over several groups has an alert for each, told
 * apart by its scope. Datadog does not say when it began, only when it wrote. `now` is the time of arrival, in epoch ms.
 */
export function parseDatadog(body: DatadogBody, now: number): ParsedAlerts {
  return parseEach(
    [body],
    DatadogAlert,
    (alert) => {
      const { status, severity } = TRANSITIONS[alert.transition]!;
      const at = Number(alert.date);
      return alertFrom(
        {
          source: "datadog",
          name: alert.title.replace(/^(?:\[[^\]]{0,100}\]\s*)+/, "") || `monitor ${alert.alert_id}`,
          status,
          labels: {
            host: alert.host,
            metric: alert.metric,
            ...tagsIn(alert.tags.split(",")),
            ...tagsIn(alert.scope.split(",")),
            monitor: alert.alert_id,
          },
          annotations: { description: alert.message, query: alert.query, status: alert.status },
          severity: severityIn(severity, alert),
          fingerprint: fingerprintOf({ monitor: alert.alert_id, scope: alert.scope }),
          endsAt: at || null,
          url: alert.link,
        },
        now,
      );
    },
    null,
  );
}
