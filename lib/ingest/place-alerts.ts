import { groupAlerts, type OpenIncident } from "@/lib/core/alerts/alert-group";
import { callsInPlaces, type KnownService } from "@/lib/core/alerts/service-identity";
import type { Db } from "@/lib/db/client";
import { listSubjectsOf } from "@/lib/db/queries/incidents";
import {
  enterServices,
  recordServiceScope,
  listEdges,
  listMaintenance,
  listOpenServiceIncidents,
  listServices,
  type Service,
} from "@/lib/db/queries/services";
import { loadSettings } from "@/lib/db/queries/settings";
import { investigateJoined } from "@/lib/response/investigate-again";
import { yieldToEventLoop } from "@/lib/event-loop";
import type { Plan } from "@/lib/db/plan";
import { limitOpens } from "./flood";
import {
  type FiringAlert,
  joinIncident,
  mergeIncident,
  openIncident,
  raiseIncident,
} from "@/lib/response/services/open";

/** Ids of the incidents that were opened and joined, and how many alerts a maintenance window muted. */
export interface Placed {
  opened: string[];
  joined: string[];
  muted: number;
}

/** Decides where what began to fire belongs, and plans the incidents for it. `keep` records each alert with its place. */
export async function placeAlerts(
  db: Db,
  plan: Plan,
  {
    fresh: begun,
    risen,
    places,
  }: { fresh: readonly FiringAlert[]; risen: readonly FiringAlert[]; places: readonly KnownService[] },
  now: number,
  keep: (alertId: string, set: { incidentId: string | null; muted: boolean }) => void,
): Promise<Placed> {
  if (begun.length + risen.length === 0) return { opened: [], joined: [], muted: 0 };
  const [services, edges, incidents, maintenance, { service_mode: mode }] = await Promise.all([
    listServices(db),
    listEdges(db),
    listOpenServiceIncidents(db),
    listMaintenance(db, now),
    loadSettings(db),
  ]);
  await yieldToEventLoop();
  // What got graver in an open incident raises it; anything else is placed as what has just begun is.
  const isOpen = new Set(incidents.map(({ id }) => id));
  const raised = new Set(risen.filter(({ previousIncidentId: id }) => id !== null && isOpen.has(id)));
  for (const alert of raised) raiseIncident(plan, alert.previousIncidentId!, alert, now);
  const fresh = [...begun, ...risen.filter((alert) => !raised.has(alert))];
  if (fresh.length === 0) return { opened: [], joined: [], muted: 0 };
  const subjects = await listSubjectsOf(
    db,
    incidents.map(({ id }) => id),
  );
  const open = incidents.map((incident): OpenIncident => {
    const of = (subjects.get(incident.id) ?? []).filter(({ subjectKind }) => subjectKind === "service");
    return {
      id: incident.id,
      primary: of.find(({ role }) => role === "primary")?.subjectId ?? of[0]?.subjectId ?? incident.id,
      services: of.map(({ subjectId }) => subjectId),
      openedAt: incident.openedAt,
      onsetAt: incident.onsetAt,
      lastAlertAt: incident.lastAlertAt ?? incident.onsetAt,
    };
  });
  const grouping = groupAlerts({
    alerts: fresh,
    incidents: open,
    edges: callsInPlaces(edges, [...services, ...places]),
    healthy: new Set(services.filter(({ state }) => state === "healthy").map(({ id }) => id)),
    unhealthy: new Map(services.filter(isUnwell).map(({ id, stateSince }) => [id, stateSince])),
    maintenance,
    now,
  });
  await yieldToEventLoop();
  const byId = new Map(fresh.map((alert) => [alert.id, alert]));
  const concerned = new Set(fresh.map(({ service }) => service));
  plan.write(...places.filter(({ id }) => concerned.has(id)).map((place) => recordServiceScope(place, now)));
  const known = new Set([...services, ...places].map(({ id }) => id));
  const named = [...fresh.map(({ service }) => service), ...grouping.opens.map(({ primary }) => primary)];
  const newcomers = [...new Set(named)].filter((service) => !known.has(service));
  if (newcomers.length > 0) plan.write(enterServices(newcomers, "alert", now));
  const { opens, floods } = await limitOpens(db, grouping.opens, (id) => byId.get(id)!.row.sourceId, now);
  const opened = [...opens, ...floods.filter(({ incidentId }) => incidentId === null)].map((group) => {
    const members = group.alertIds.map((id) => byId.get(id)!);
    const id = openIncident(plan, db, { ...group, members, mode, now });
    for (const alert of members) keep(alert.id, { incidentId: id, muted: false });
    return id;
  });
  const stands = floods.flatMap((flood) =>
    flood.incidentId === null ? [] : { ...flood, incidentId: flood.incidentId },
  );
  const joins = [...grouping.joins, ...stands];
  const settled = new Set(grouping.merges.map(({ from }) => from));
  for (const group of joins) {
    const members = group.alertIds.map((id) => byId.get(id)!);
    joinIncident(plan, db, { ...group, members, now });
    for (const alert of members) keep(alert.id, { incidentId: group.incidentId, muted: false });
    const known = open.find(({ id }) => id === group.incidentId)?.services ?? [];
    const newcomer = group.services.find((service) => !known.includes(service));
    const incident = incidents.find(({ id }) => id === group.incidentId);
    // One that is merged away is not looked at any more, and twice in one message is once.
    if (incident === undefined || newcomer === undefined || settled.has(incident.id)) continue;
    settled.add(incident.id);
    await investigateJoined(plan, db, incident, newcomer, now);
  }
  const joined = joins.map(({ incidentId }) => incidentId);
  for (const { from, into } of grouping.merges) {
    const of = (id: string) => incidents.find((incident) => incident.id === id)!;
    mergeIncident(plan, db, of(from), of(into), now);
  }
  let muted = 0;
  for (const record of grouping.records) {
    keep(record.alertId, { incidentId: null, muted: record.muted });
    muted += Number(record.muted);
  }
  return { opened, joined, muted };
}

const isUnwell = ({ state }: Service): boolean => state === "degraded" || state === "down";
