import { type Alert, isMoreSevere } from "@/lib/core/alerts/alert";
import { flapOf } from "@/lib/core/alerts/alert-flap";
import type { UngroupedAlert } from "@/lib/core/alerts/alert-group";
import { classifyOccurrence } from "@/lib/core/alerts/alert-occurrence";
import { mutedBy } from "@/lib/core/alerts/maintenance";
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
import { listMaintenance, touchServices } from "@/lib/db/queries/services";
import { yieldToEventLoop, runSerially } from "@/lib/event-loop";
import { newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";
import { servicesOf } from "./alert-services";
import type { FiringAlert } from "@/lib/response/services/open";
import { type Placed, placeAlerts } from "./place-alerts";

/** Races lost in a row before the sender is asked to try again. */
const MAX_RACES = 5;
/** How far back an alert's comings and goings count as flapping, in ms. */
const HISTORY_MS = 60 * 60_000;

export interface Received extends Placed {
  received: number;
  fired: number;
  repeated: number;
  ended: number;
  /** Known already, and graver or less grave than before. */
  changed: number;
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
  const done = await placeAlerts(db, plan, { fresh, risen: [], places: [] }, now, (id, set) =>
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
  const placed = await placeAlerts(db, plan, { fresh, risen, places }, now, (id, set) => {
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
