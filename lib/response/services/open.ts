import { voidApprovals } from "@/lib/db/queries/healing";
import {
  addServices,
  addSignals,
  degrade,
  letLead,
  moveContents,
  noteAlert,
  raiseSeverity,
} from "@/lib/db/queries/incident-writes";
import { OPENS_PER_MINUTE } from "@/lib/core/alerts/alert-flood";
import type { AlertSeverity, Mode } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { type Incident, incidentClaim } from "@/lib/db/queries/incidents";
import { incidents, incidentSignals } from "@/lib/db/schema";
import { measurable } from "@/lib/evidence/alert-query";
import { newId } from "@/lib/db/ids";
import type { Plan } from "@/lib/db/plan";
import type { UngroupedAlert } from "@/lib/core/alerts/alert-group";
import type { AlertRow } from "@/lib/db/queries/alerts";

/** How grave an alert is on the scale of incidents, 0 to 10: critical ones reach the usual threshold of a decision. */
export const ALERT_SEVERITY: Record<AlertSeverity, number> = { critical: 8, warning: 5, info: 2 };
/** What many services at once add. */
const STORM_SERVICES = 5;
const STORM_SEVERITY = 1;
/** A storm's alerts are counted; these are kept as what can be measured again. */
const MAX_MEASURED = 12;
/** Services of a flood that its event names; all stand at the incident. */
const FOLDED_LISTED = 100;

/** An alert that has begun to fire, or has become graver, with its row. */
export interface FiringAlert extends UngroupedAlert {
  name: string;
  summary: string;
  row: AlertRow;
}

interface Group {
  members: readonly FiringAlert[];
  services: readonly string[];
  primary: string;
  suspects: readonly string[];
  now: number;
}

export interface Opening extends Group {
  onsetAt: number;
  severity: AlertSeverity;
  previousIncidentId: string | null;
  mode: Mode;
  /** It stands for as many incidents that its source would have opened at once; `causeKey` finds it again. */
  flood?: { incidents: number; causeKey: string };
}

/** Plans an incident for alerts that belong together, and returns its id. */
export function openIncident(plan: Plan, db: Db, g: Opening): string {
  const id = newId("inc");
  const storm = g.services.length >= STORM_SERVICES ? STORM_SEVERITY : 0;
  const severity = Math.min(10, ALERT_SEVERITY[g.severity] + storm);
  const title = titleOf(g);
  plan
    .write(
      db.insert(incidents).values({
        id,
        kind: "service",
        state: "open",
        title,
        severity,
        mode: g.mode,
        onsetAt: g.onsetAt,
        openedAt: g.now,
        lastAlertAt: latest(g.members),
        previousIncidentId: g.previousIncidentId,
        causeKey: g.flood?.causeKey ?? null,
      }),
      addServices(id, [...new Set([g.primary, ...g.services])], g.primary),
      ...measuredRows(db, id, g),
      ...degrade(id, g.services, g.now),
    )
    .tell({
      at: g.now,
      type: "incident.opened",
      serviceId: g.primary,
      incidentId: id,
      text: title,
      data: {
        severity,
        alerts: g.members.length,
        services: g.services.length,
        suspects: g.suspects,
        ...(g.flood ? { folded: g.flood.incidents, of: g.services.slice(0, FOLDED_LISTED) } : {}),
        ...(g.previousIncidentId ? { previous: g.previousIncidentId } : {}),
      },
    });
  return id;
}

/** Plans that alerts go along with an incident that is open already. */
export function joinIncident(plan: Plan, db: Db, g: Group & { incidentId: string }): void {
  plan
    .write(
      noteAlert(
        g.incidentId,
        latest(g.members),
        Math.max(...g.members.map(({ severity }) => ALERT_SEVERITY[severity])),
      ),
      addServices(g.incidentId, [...new Set([g.primary, ...g.services])]),
      // With more alerts another service may turn out to explain the rest.
      ...(g.suspects.length > 0 ? letLead(g.incidentId, g.primary) : []),
      ...measuredRows(db, g.incidentId, g),
      ...degrade(g.incidentId, g.services, g.now),
    )
    .tell({
      at: g.now,
      type: "incident.joined",
      serviceId: g.services[0] ?? null,
      incidentId: g.incidentId,
      text: `${count(g.members.length, "more alert")} on ${some(g.services)}`,
      data: { alerts: g.members.length, services: g.services },
    });
}

/** Plans that an incident is as grave as an alert of it has become. */
export function raiseIncident(plan: Plan, incidentId: string, alert: FiringAlert, now: number): void {
  plan.write(raiseSeverity(incidentId, ALERT_SEVERITY[alert.severity])).tell({
    at: now,
    type: "alert.raised",
    serviceId: alert.service,
    incidentId,
    text: `${alert.name} on ${alert.service} is ${alert.severity} now`,
    data: { alert: alert.id, to: alert.severity },
  });
}

/** Two open incidents turned out to have one root: the younger ends, and all that it holds goes to the older. */
export function mergeIncident(plan: Plan, db: Db, from: Incident, into: Incident, now: number): void {
  const outcome = `part of ${into.id}: they appear to share a cause`;
  plan
    .claim(incidentClaim(db, from, { state: "dismissed", closedAt: now, outcome }))
    .write(...moveContents(from.id, into.id), ...voidApprovals(from.id, outcome, now))
    .tell({
      at: now,
      type: "incident.merged",
      incidentId: from.id,
      text: `Continues as ${into.id}: they appear to share a cause`,
    });
}

function titleOf({ members, services, primary, suspects, flood }: Opening): string {
  if (flood)
    return `Flood of alerts: ${count(members.length, "alert")} on ${count(services.length, "service")}, more than ${OPENS_PER_MINUTE} new incidents a minute from one source; ${count(flood.incidents, "incident")} folded into this one`;
  const names = [...new Set(members.map(({ name }) => name))];
  if (services.length === 1 && suspects.length === 0)
    return `${primary}: ${members.length === 1 ? members[0]!.summary : some(names)}`.slice(0, 300);
  return `${count(members.length, "alert")} on ${count(services.length, "service")}, which coincide with trouble at ${primary}`;
}

/** A few names, and how many more. */
function some(names: readonly string[], most = 3): string {
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join(", ")} and ${rest} more` : names.join(", ");
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

const latest = (members: readonly FiringAlert[]): number =>
  members.reduce((last, { startsAt }) => Math.max(last, startsAt), 0);

/** What raised it, as it can be measured again: the alerts' own comparisons, and the services' signals that are out of band. */
function measuredRows(db: Db, incidentId: string, { members, services }: Group) {
  const compared = members.flatMap(({ name, service, row }) => {
    const of = measurable(row.generatorUrl);
    return of ? [{ incidentId, serviceId: service, name, labels: row.labels, unit: null, ...of }] : [];
  });
  return [
    ...compared.slice(0, MAX_MEASURED).map((row) => db.insert(incidentSignals).values(row).onConflictDoNothing()),
    addSignals(
      incidentId,
      services,
      members.map(({ service, labels }) => `${service} ${labels["signal"] ?? ""}`),
      MAX_MEASURED,
    ),
  ];
}
