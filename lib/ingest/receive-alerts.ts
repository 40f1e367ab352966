import { type Alert, isMoreSevere } from "@/lib/core/alerts/alert";
import { flapOf } from "@/lib/core/alerts/alert-flap";
import { groupAlerts, type OpenIncident, type UngroupedAlert } from "@/lib/core/alerts/alert-group";
import { classifyOccurrence } from "@/lib/core/alerts/alert-occurrence";
import { mutedBy } from "@/lib/core/alerts/maintenance";
import { callsInPlaces, type KnownService } from "@/lib/core/alerts/service-identity";
import { type Db, write } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import {
  type AlertRow,
  countRepeat,
  endAlert,
  insertAlerts,
  ledgerClaim,
  listMutedFiring,
  listOccurrences,
  type NewAlert,
  placeAlert,
  readLedger,
  setAlertSeverity,
} from "@/lib/db/queries/alerts";
import { listSubjectsOf } from "@/lib/db/queries/incidents";
import {
  enterServices,
  recordServiceScope,
  listEdges,
  listMaintenance,
  listOpenServiceIncidents,
  listServices,
  type Service,
  touchServices,
} from "@/lib/db/queries/services";
import { loadSettings } from "@/lib/db/queries/settings";
import { investigateJoined } from "@/lib/response/investigate-again";
import { yieldToEventLoop, runSerially } from "@/lib/event-loop";
import { newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";
import { servicesOf } from "./alert-services";
import { limitOpens } from "./flood";
import {
  type FiringAlert,
  joinIncident,
  mergeIncident,
  openIncident,
  raiseIncident,
} from "@/lib/response/services/open";

/** Races lost in a row before the sender is asked to try again. */
const MAX_RACES = 5;
/** How far back an alert's comings and goings count as flapping, in ms. */
const HISTORY_MS = 60 * 60_000;

export interface Received {
  received: number;
  fired: number;
  repeated: number;
  ended: number;
  /** Known already, and graver or less grave than before. */
  changed: number;
  muted: number;
  opened: string[];
  joined: string[];
}

/**
 * Takes alerts of one source in: records each occurrence once, counts repeats, writes ends, and puts what began to fire into
 * the incident where it belongs, or opens one. All of a message is one commit; when another message was faster, it is
 * judged anew. Throws when that happens too often. Messages that this process gets wait for one another, and a large one lets
 * others have the event loop in between.
 */
export async function receiveAlerts(db: Db, sourceId: string, list: readonly Alert[], now: number): Promise<Received> {
  return runSerially("alerts", async () => {
    for (let race = 0; race < MAX_RACES; race++) {
      const done = await attempt(db, sourceId, list, now);
      if (done) return done;
    }
    throw new Error("Alerts could not be recorded because of concurrent writes; send them again");
  });
}

/** Alerts that were muted and still fire, once their window is over, open what they should. */
export async function unmute(db: Db, now: number): Promise<Received | null> {
  const windows = await listMaintenance(db, now);
  const rows = (await listMutedFiring(db)).filter((row) => !mutedBy({ ...row, service: row.serviceId }, windows, now));
  if (rows.length === 0) return null;
  const ledger = await readLedger(db, (statement) => write(db, [statement]));
  const plan = new Plan().claim(ledgerClaim(ledger));
  const fresh = rows.map((row) => ({ ...ungrouped(row), name: row.name, summary: row.summary, row }));
  const done = await place(db, plan, { fresh, risen: [], places: [] }, now, (id, set) =>
    plan.write(placeAlert(id, set)),
  );
  return (await commit(db, plan)) ? { ...empty(rows.length), ...done } : null;
}

const empty = (received: number): Received => ({
  received,
  fired: 0,
  repeated: 0,
  ended: 0,
  changed: 0,
  muted: 0,
  opened: [],
  joined: [],
});

const ungrouped = (row: AlertRow, previousIncidentId: string | null = null): UngroupedAlert => ({
  id: row.id,
  service: row.serviceId,
  severity: row.severity,
  startsAt: row.startsAt,
  labels: row.labels,
  previousIncidentId,
});

async function attempt(db: Db, sourceId: string, list: readonly Alert[], now: number): Promise<Received | null> {
  const ledger = await readLedger(db, (statement) => write(db, [statement]));
  const fingerprints = [...new Set(list.map((alert) => alert.fingerprint))];
  const history = new Map<string, AlertRow[]>();
  for (const row of await listOccurrences(db, sourceId, fingerprints, now - HISTORY_MS))
    history.set(row.fingerprint, [...(history.get(row.fingerprint) ?? []), row]);

  await yieldToEventLoop();
  const { idOf, places } = await servicesOf(db, list, history);
  await yieldToEventLoop();
  const done = empty(list.length);
  const plan = new Plan().claim(ledgerClaim(ledger));
  const fresh: FiringAlert[] = [];
  const risen: FiringAlert[] = [];
  const pending = new Map<string, { alert: Alert; flapping: boolean }>();
  const ended = new Set<string>();
  const entered: NewAlert[] = [];
  // One message may tell an alert's end and its next beginning: each is judged after the one before.
  for (const said of list.toSorted((a, b) => a.startsAt - b.startsAt)) {
    await yieldToEventLoop();
    const alert = { ...said, service: idOf.get(said)! };
    const known = history.get(alert.fingerprint) ?? [];
    const last = known[0] ?? null;
    const news = classifyOccurrence(alert, last);
    switch (news.kind) {
      case "new":
      case "stray": {
        if (news.kind === "new" && news.supersedes && last) plan.write(endAlert(last.id, alert.startsAt, now));
        const id = newId("alt");
        const changes = known.flatMap((row) => [row.startsAt, ...(row.endsAt === null ? [] : [row.endsAt])]);
        const { flapping } = flapOf([...changes, alert.startsAt], last?.flapping ?? false, now);
        const row = rowOf(id, sourceId, alert, flapping, now);
        history.set(alert.fingerprint, [row, ...known]);
        if (news.kind === "stray") {
          plan.write(...insertAlerts([{ id, sourceId, incidentId: null, muted: false, flapping, alert }], now));
          break;
        }
        done.fired += 1;
        pending.set(id, { alert, flapping });
        fresh.push({ ...ungrouped(row, last?.incidentId ?? null), name: alert.name, summary: alert.summary, row });
        break;
      }
      case "repeat":
      case "old":
        if (last && !pending.has(last.id)) plan.write(countRepeat(last.id, now));
        if (!last || news.kind === "old" || alert.status !== "firing" || alert.severity === last.severity) {
          done.repeated += 1;
          break;
        }
        done.changed += 1;
        changeSeverity(plan, last, alert, { pending, fresh, risen }, now);
        break;
      case "resolve":
        done.ended += 1;
        if (last && !pending.has(last.id)) {
          plan.write(endAlert(last.id, alert.endsAt ?? now, now));
          last.endsAt = alert.endsAt ?? now;
          ended.add(last.serviceId);
          if (last.incidentId)
            plan.tell({
              at: now,
              type: "alert.ended",
              serviceId: last.serviceId,
              incidentId: last.incidentId,
              text: `${last.name} on ${last.serviceId} is no longer firing`,
              data: { alert: last.id },
            });
        }
        break;
    }
  }
  if (ended.size > 0) plan.write(touchServices([...ended]));
  const placed = await place(db, plan, { fresh, risen, places }, now, (id, set) => {
    const found = pending.get(id);
    if (!found) plan.write(placeAlert(id, set));
    else entered.push({ id, sourceId, flapping: found.flapping, ...set, alert: found.alert });
  });
  plan.write(...insertAlerts(entered, now));
  await yieldToEventLoop();
  return (await commit(db, plan)) ? { ...done, ...placed } : null;
}

/** An alert that fires already is graver, or less grave, than it was: what was too little for an incident may be enough now. */
function changeSeverity(
  plan: Plan,
  last: AlertRow,
  alert: Alert,
  {
    pending,
    fresh,
    risen,
  }: { pending: Map<string, { alert: Alert; flapping: boolean }>; fresh: FiringAlert[]; risen: FiringAlert[] },
  now: number,
): void {
  const was = last.severity;
  const graver = isMoreSevere(alert.severity, was);
  last.severity = alert.severity;
  const begun = fresh.find(({ id }) => id === last.id);
  if (begun) {
    // Of one message the last word counts.
    begun.severity = alert.severity;
    const { flapping } = pending.get(last.id)!;
    pending.set(last.id, { flapping, alert: { ...pending.get(last.id)!.alert, severity: alert.severity } });
    return;
  }
  plan.write(setAlertSeverity(last.id, alert.severity, alert.summary));
  if (graver) {
    const again = risen.find(({ id }) => id === last.id);
    if (again) again.severity = alert.severity;
    else risen.push({ ...ungrouped(last, last.incidentId), name: last.name, summary: alert.summary, row: last });
  } else if (last.incidentId)
    plan.tell({
      at: now,
      type: "alert.eased",
      serviceId: last.serviceId,
      incidentId: last.incidentId,
      text: `${last.name} on ${last.serviceId} is ${alert.severity} now, was ${was}`,
      data: { alert: last.id, from: was, to: alert.severity },
    });
}

function rowOf(id: string, sourceId: string, alert: Alert, flapping: boolean, now: number): AlertRow {
  const { service, source: _source, status: _status, startGiven: _given, value: _value, ...rest } = alert;
  return {
    ...rest,
    id,
    sourceId,
    serviceId: service,
    count: 1,
    firstAt: now,
    lastAt: now,
    incidentId: null,
    muted: false,
    flapping,
  };
}

/** Decides where what began to fire belongs, and plans the incidents for it. `keep` records each alert with its place. */
async function place(
  db: Db,
  plan: Plan,
  {
    fresh: begun,
    risen,
    places,
  }: { fresh: readonly FiringAlert[]; risen: readonly FiringAlert[]; places: readonly KnownService[] },
  now: number,
  keep: (alertId: string, set: { incidentId: string | null; muted: boolean }) => void,
): Promise<Pick<Received, "opened" | "joined" | "muted">> {
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
