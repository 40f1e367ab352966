import { alertFrom, type ParsedAlerts, parseEach } from "../alert-parse";
import { normalizeDialect } from "./dialects";
import { GenericAlert, type GenericBody } from "./schema";

/** Alerts in our own words. `now` is the time of arrival, in epoch ms. */
export function parseGeneric({ alerts, path }: GenericBody, now: number): ParsedAlerts {
  return parseEach(
    alerts.map(normalizeDialect),
    GenericAlert,
    (alert) => {
      const { id, name, service } = alert;
      const named: Record<string, string> = { service: service ?? "", ...alert.labels };
      return alertFrom(
        {
          source: "generic",
          name,
          status: alert.status,
          labels: named,
          annotations: { description: alert.description ?? "", ...alert.annotations },
          service,
          ...(alert.severity ? { severity: { word: alert.severity } } : {}),
          fingerprint: id == null ? null : String(id),
          startsAt: alert.starts_at,
          endsAt: alert.ends_at,
          summary: [alert.summary],
          url: alert.url,
          value: alert.value,
        },
        now,
      );
    },
    path,
  );
}
