import { Bot, CornerUpLeft, Server } from "lucide-react";
import Link from "next/link";
import type { IncidentsAnswer } from "@/lib/contracts/incidents";
import { IncidentBadge, Severity } from "@/components/status/badges";
import { CAUSE, DIAGNOSIS, name } from "@/components/status/words";
import { duration, integer, percent } from "@/components/ui/format";
import { Ago, Clock } from "@/components/ui/time";

type Summary = IncidentsAnswer["incidents"][number];

/** One incident of a list: how grave, about whom, how many alerts told of it, where it stands, since when. */
export function IncidentLine({ incident }: { incident: Summary }) {
  const subjects = incident.subjects.map(({ id }) => id);
  const Kind = incident.kind === "service" ? Server : Bot;
  const { alerts, cause } = incident;
  return (
    <li>
      <Link
        data-line
        href={`/incidents/${encodeURIComponent(incident.id)}`}
        className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-1 px-4 py-2.5 -outline-offset-2 hover:bg-hover focus-visible:bg-hover md:grid-cols-[4.5rem_minmax(0,1fr)_6rem_9rem_10rem_7rem]"
      >
        <Severity value={incident.severity} className="order-2 md:order-none" />
        <span className="min-w-0">
          <span className="flex items-center gap-1.5 text-sm font-medium">
            <Kind
              className="size-3.5 shrink-0 text-ink-3"
              aria-label={incident.kind === "service" ? "Services" : "Agents"}
            />
            <span className="truncate">{incident.title}</span>
            {incident.previous_incident_id ? (
              <CornerUpLeft className="size-3.5 shrink-0 text-warn" aria-label="Recurred" />
            ) : null}
          </span>
          <span className="block truncate text-xs text-ink-3">
            {subjects.slice(0, 3).join(", ")}
            {subjects.length > 3 ? ` and ${subjects.length - 3} more` : ""}
            {incident.assignee === null ? "" : ` · assigned to ${incident.assignee.name}`}
            {incident.outcome
              ? ` · ${incident.outcome}`
              : incident.would_have
                ? ` · observe mode: would have ${incident.would_have}`
                : ""}
          </span>
        </span>
        <span className="num order-5 text-xs text-ink-2 md:order-none">
          {alerts && alerts.total > 0 ? (
            <>
              {integer(alerts.total)} {alerts.total === 1 ? "alert" : "alerts"}
              {alerts.repeats > 0 ? (
                <span className="text-ink-3" title="Notifications received, repeats included">
                  {" "}
                  · {integer(alerts.total + alerts.repeats)} notifications
                </span>
              ) : null}
              {alerts.firing > 0 ? (
                <span className="block text-warn max-md:inline max-md:pl-1.5">{integer(alerts.firing)} firing</span>
              ) : null}
            </>
          ) : null}
        </span>
        <span className="order-3 justify-self-start md:order-none">
          <IncidentBadge state={incident.state} />
        </span>
        <span className="hidden truncate text-sm text-ink-2 md:block">
          {incident.kind === "service"
            ? cause
              ? `${name(CAUSE, cause.kind)}${cause.node === null ? "" : ` at ${cause.node}`}`
              : incident.closed_at === null
                ? "Not known yet"
                : "Not known"
            : name(DIAGNOSIS, incident.diagnosis)}
          {incident.confidence === null || cause?.kind === "unknown" ? null : (
            <span className="num block text-xs text-ink-3">{percent(incident.confidence)}</span>
          )}
        </span>
        <span className="num order-4 text-right text-xs text-ink-3 md:order-none">
          <Clock at={incident.opened_at} />
          <span className="hidden md:block">
            {incident.closed_at === null ? (
              <Ago at={incident.opened_at} />
            ) : (
              `lasted ${duration(incident.closed_at - incident.onset_at)}`
            )}
          </span>
        </span>
      </Link>
    </li>
  );
}
