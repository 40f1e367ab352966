import { useDrill, WorldLink } from "@/components/drills/world";
import type { ServiceStory } from "@/lib/contracts/services";
import { AlertBadge } from "@/components/services/badges";
import { sourceWord } from "@/components/services/states";
import { CAUSE, CHANGE, name, OUTCOME } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { duration, integer, percent } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Clock } from "@/components/ui/time";

/** Alerts that are listed before the rest is counted. */
const LISTED = 12;

export function AlertsPanel({ story: { alerts, incident } }: { story: ServiceStory }) {
  const drill = useDrill();
  if (alerts.length === 0) return null;
  const total = incident.alerts?.total ?? alerts.length;
  return (
    <Panel
      title="Alerts"
      hint={`${integer(total)} on ${incident.subjects.length} ${incident.subjects.length === 1 ? "service" : "services"}`}
      flush
    >
      <ul className="divide-y">
        {alerts.slice(0, LISTED).map((alert) => (
          <li key={alert.id} className="px-4 py-2 text-sm">
            <p className="flex flex-wrap items-center gap-1.5">
              <AlertBadge severity={alert.severity} />
              <span className="min-w-0 truncate font-medium">{alert.name}</span>
              {alert.flapping ? <Badge tone="warn">Flapping</Badge> : null}
              {alert.muted ? <Badge>Muted</Badge> : null}
            </p>
            <p className="text-xs wrap-anywhere text-ink-2">{alert.summary}</p>
            <p className="num text-xs text-ink-3">
              {alert.service} · <Clock at={alert.starts_at} />
              {alert.ends_at === null
                ? " · still firing"
                : ` · ended after ${duration(alert.ends_at - alert.starts_at)}`}
              {alert.count > 1 ? ` · received ${alert.count} times` : ""} · {sourceWord(alert.source_kind)}
              {alert.url && drill === null ? (
                <>
                  {" · "}
                  <a href={alert.url} rel="noreferrer noopener" target="_blank" className="underline">
                    source
                  </a>
                </>
              ) : null}
            </p>
          </li>
        ))}
      </ul>
      {total > LISTED ? (
        <p className="border-t px-4 py-2 text-xs text-ink-3">and {integer(total - LISTED)} more</p>
      ) : null}
    </Panel>
  );
}

export function ChangesPanel({ story: { changes, investigation, incident } }: { story: ServiceStory }) {
  if (changes.length === 0) return null;
  const onset = investigation?.onset ? investigation.onset.at * 1_000 : incident.onset_at;
  return (
    <Panel title="Changes in the window" hint="correlated in time only" flush>
      <ul className="divide-y">
        {changes.map((change) => (
          <li key={change.id} className="px-4 py-2 text-sm">
            <p className="wrap-anywhere">
              <span className="font-medium">{name(CHANGE, change.kind)}</span> of {change.subject_id}
              {change.note ? <span className="text-ink-2">: {change.note}</span> : null}
            </p>
            <p className="num text-xs text-ink-3">
              <Clock at={change.at} /> · {offset(change.at - onset)} · {change.source}
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const offset = (ms: number) =>
  Math.abs(ms) < 1_000 ? "at the onset" : `${duration(Math.abs(ms))} ${ms < 0 ? "before" : "after"} the onset`;

export function SimilarPanel({ story: { investigation, incident } }: { story: ServiceStory }) {
  const similar = investigation?.report?.similar ?? [];
  if (similar.length === 0 && incident.previous_incident_id === null) return null;
  return (
    <Panel title="Similar past incidents" flush>
      <ul className="divide-y">
        {incident.previous_incident_id ? (
          <li className="px-4 py-2 text-sm">
            <WorldLink
              href={`/incidents/${encodeURIComponent(incident.previous_incident_id)}`}
              className="text-accent hover:underline"
            >
              Recurrence of an earlier incident
            </WorldLink>
          </li>
        ) : null}
        {similar.map((past) => (
          <li key={past.id} className="px-4 py-2 text-sm">
            <p className="flex gap-2">
              <WorldLink
                href={`/incidents/${encodeURIComponent(past.id)}`}
                className="min-w-0 flex-1 wrap-anywhere hover:underline"
              >
                {past.title}
              </WorldLink>
              <span className="num shrink-0 text-xs text-ink-3">{percent(past.similarity)} alike</span>
            </p>
            <p className="text-xs text-ink-3">
              {name(CAUSE, past.kind)}
              {past.node === null ? "" : ` at ${past.node}`}
              {past.action ? ` · ${past.action}: ${name(OUTCOME, past.outcome).toLowerCase()}` : ""}
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
