import { BellOff, BellRing, FileClock, Repeat2, ShieldCheck } from "lucide-react";
import Link from "next/link";
import type { ChangeView } from "@/lib/contracts/changes";
import type { IncidentSummary } from "@/lib/contracts/incidents";
import type { AlertView } from "@/lib/contracts/services";
import { changeLine, ChangesTable } from "@/components/changes/changes-table";
import { IncidentLink } from "@/components/incidents/incident-link";
import { IncidentBadge, Severity } from "@/components/status/badges";
import { Badge } from "@/components/ui/badge";
import { Empty } from "@/components/ui/feedback";
import { duration, integer } from "@/components/ui/format";
import { Body, HeadRow, Row, Table, TimeCell } from "@/components/ui/table";
import { Ago } from "@/components/ui/time";
import { AlertBadge } from "./badges";
import { sourceWord } from "./states";

export function Alerts({ alerts }: { alerts: readonly AlertView[] }) {
  if (alerts.length === 0)
    return (
      <Empty icon={BellRing} title="No alert yet">
        Sentinel has neither received nor raised an alert for this service.
      </Empty>
    );
  return (
    <Table label="Alerts">
      <HeadRow>
        <th>Started</th>
        <th>Alert</th>
        <th>Severity</th>
        <th>Now</th>
        <th className="text-right">Notifications</th>
        <th>From</th>
        <th>Incident</th>
      </HeadRow>
      <Body>
        {alerts.map((alert) => (
          <Row key={alert.id}>
            <TimeCell at={alert.starts_at} />
            <td className="min-w-48">
              <span className="font-medium wrap-anywhere">{alert.name}</span>
              <p className="text-xs wrap-anywhere text-ink-2">{alert.summary}</p>
            </td>
            <td>
              <AlertBadge severity={alert.severity} />
            </td>
            <td>
              <span className="flex flex-wrap gap-1">
                {alert.ends_at === null ? (
                  <Badge tone="hold" icon={BellRing}>
                    firing
                  </Badge>
                ) : (
                  <span className="num whitespace-nowrap text-ink-2">
                    ended after {duration(alert.ends_at - alert.starts_at)}
                  </span>
                )}
                {alert.flapping ? (
                  <Badge tone="warn" icon={Repeat2}>
                    flapping
                  </Badge>
                ) : null}
                {alert.muted ? (
                  <Badge icon={BellOff} title="It fired during a maintenance window.">
                    muted
                  </Badge>
                ) : null}
              </span>
            </td>
            <td className="num text-right">{integer(alert.count)}</td>
            <td className="text-ink-2">{sourceWord(alert.source_kind)}</td>
            <td>
              <IncidentLink id={alert.incident_id} />
            </td>
          </Row>
        ))}
      </Body>
    </Table>
  );
}

export function ServiceChanges({ changes }: { changes: readonly ChangeView[] }) {
  if (changes.length === 0)
    return (
      <Empty icon={FileClock} title="No changes">
        Deploys and other changes arrive through POST /api/v1/changes and the GitHub webhook. None has been recorded for
        this service.
      </Empty>
    );
  return <ChangesTable label="Changes" by="From" lines={changes.map(changeLine)} />;
}

export function ServiceIncidents({ incidents }: { incidents: readonly IncidentSummary[] }) {
  if (incidents.length === 0) return <Empty icon={ShieldCheck} title="No incidents for this service" />;
  return (
    <ul className="divide-y">
      {incidents.map((incident) => (
        <li key={incident.id}>
          <Link
            href={`/incidents/${encodeURIComponent(incident.id)}`}
            className="grid grid-cols-[1fr_auto] items-center gap-x-3 gap-y-1 px-4 py-2.5 -outline-offset-2 hover:bg-hover"
          >
            <span className="truncate text-sm font-medium">{incident.title}</span>
            <Severity value={incident.severity} className="justify-self-end" />
            <span className="flex min-w-0 items-center gap-2 text-xs text-ink-3">
              <IncidentBadge state={incident.state} />
              {incident.alerts ? (
                <span className="num truncate">
                  {integer(incident.alerts.total)} {incident.alerts.total === 1 ? "alert" : "alerts"}
                </span>
              ) : null}
            </span>
            <Ago at={incident.opened_at} className="num text-right text-xs text-ink-3" />
          </Link>
        </li>
      ))}
    </ul>
  );
}
