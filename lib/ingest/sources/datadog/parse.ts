import type { z } from "zod";
import { fingerprintOf } from "@/lib/core/alerts/alert";
import { severityOf } from "@/lib/core/alerts/alert-severity";
import type { AlertSeverity } from "@/lib/core/base/vocabulary";
import { alertFrom, type ParsedAlerts, parseEach, tagsIn } from "../alert-parse";
import { DatadogAlert, type DatadogBody, TRANSITIONS } from "./schema";

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

/** A priority says how much a monitor matters; a transition to Warn or No Data is never more than a warning. */
function severityIn(
  atMost: AlertSeverity | undefined,
  { priority, type }: z.output<typeof DatadogAlert>,
): AlertSeverity {
  const said = severityOf(priority || type);
  return atMost && (said === "critical" || !priority) ? atMost : said;
}
