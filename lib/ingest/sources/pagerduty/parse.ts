import { severityOf } from "@/lib/core/alerts/alert-severity";
import type { AlertSeverity } from "@/lib/core/base/vocabulary";
import { alertFrom, type ParsedAlerts, parseEach } from "../alert-parse";
import { type PagerDutyBody, PagerDutyEvent } from "./schema";

/** Events of a webhook subscription that move an incident or say anew where it stands; of others there is nothing to learn. */
const MOVES: ReadonlySet<string> = new Set([
  "incident.triggered",
  "incident.acknowledged",
  "incident.unacknowledged",
  "incident.escalated",
  "incident.delegated",
  "incident.reassigned",
  "incident.priority_updated",
  "incident.service_updated",
  "incident.reopened",
  "incident.resolved",
]);

/**
 * The alert that an event of PagerDuty is about: its incident, which fires until it is resolved (acknowledged is still
 * firing). One that was reopened is another occurrence, from the time of reopening. `now` is the time of arrival, in epoch ms.
 */
export function parsePagerDuty({ event }: PagerDutyBody, now: number): ParsedAlerts {
  if (!MOVES.has(event.event_type)) {
    const ignored = `${event.event_type.slice(0, 100)} does not change the state of an incident`;
    return { alerts: [], rejected: [], rejectedAlerts: 0, notices: [], truncated: 0, ignored };
  }
  const parsed = parseEach(
    [event],
    PagerDutyEvent,
    ({ event_type, occurred_at, data }) => {
      const reopened = event_type === "incident.reopened";
      const labels = {
        service: data.service?.summary ?? "",
        urgency: data.urgency ?? "",
        priority: data.priority?.summary ?? "",
        escalation_policy: data.escalation_policy?.summary ?? "",
        pagerduty_incident: data.number == null ? data.id : String(data.number),
      };
      return alertFrom(
        {
          source: "pagerduty",
          name: data.title ?? "",
          status: data.status === "resolved" ? "resolved" : "firing",
          labels,
          severity: severity(data.priority?.summary, data.urgency),
          fingerprint: data.incident_key || data.id,
          startsAt: reopened ? occurred_at : data.created_at,
          endsAt: data.resolved_at ?? occurred_at,
          url: data.html_url,
        },
        now,
      );
    },
    null,
  );
  return { ...parsed, rejected: parsed.rejected.map((one) => ({ ...one, field: `event.${one.field}` })) };
}

/** A priority says more than the urgency, which is only whether somebody is woken. */
function severity(priority: string | null | undefined, urgency: string | null | undefined): AlertSeverity {
  if (priority) return severityOf(priority);
  return urgency === "low" ? "warning" : "critical";
}
