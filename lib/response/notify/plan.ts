import { ANSWERS, type EventType } from "@/lib/core/base/events";
import { type Notification, type Purpose } from "@/lib/core/notify/notification";
import { tellAt } from "@/lib/core/notify/routing";
import type { Db, Statement } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { newId } from "@/lib/db/ids";
import {
  findCursor,
  insertNotifications,
  listChannels,
  listTelling,
  listTold,
  moveCursor,
  newestEvent,
  SNOOZED,
  type TellingEvent,
  type Told,
} from "@/lib/db/queries/notifications";
import { listAgents } from "@/lib/db/queries/agents";

/** Events that one commit looks at: few enough to be short. */
const EVENTS = 2_000;
/** Rows of one insert; SQLite binds at most 32,766 values. */
const ROWS = 500;
/** Subjects that a message lists at most. */
const SUBJECTS = 20;

const CLOSES: readonly EventType[] = ["incident.resolved", "incident.dismissed"];
/** Of which channels are told although they do not page. */
const TOLD: readonly EventType[] = [...new Set([...ANSWERS, ...CLOSES])];

/**
 * Writes what every channel is to be told of the events since the last turn, in one commit with the cursor: of each event once a
 * channel, whoever dies in between. The first turn begins with what happens from then on. Returns whether there
 * may be more than one turn looks at.
 */
export async function planNotifications(db: Db, now: number, origin: string | null): Promise<boolean> {
  const from = await findCursor(db);
  if (from === null) {
    await commit(db, { claims: [moveCursor(null, await newestEvent(db, 0, Number.MAX_SAFE_INTEGER), now)] });
    return false;
  }
  const to = await newestEvent(db, from, EVENTS);
  if (to === from) return false;
  const channels = (await listChannels(db)).filter(({ enabled }) => enabled);
  const events = channels.length === 0 ? [] : await listTelling(db, from, to, TOLD);
  const incidents = await listTold(db, [...new Set(events.flatMap(({ incidentId }) => incidentId ?? []))]);
  const agents = await listAgents(db, [...new Set(events.flatMap(({ agentId }) => agentId ?? []))]);
  const types = new Map(agents.map(({ id, type }) => [id, type]));
  const rows = events.flatMap((event) => {
    const incident = event.incidentId === null ? undefined : incidents.get(event.incidentId);
    const said = say(event, incident, origin);
    const type = event.agentId === null ? undefined : types.get(event.agentId);
    const held = said.purpose === "page" && event.type !== "incident.snoozed" && (incident?.snoozedUntil ?? 0) > now;
    // The page at the end of the snooze takes its place.
    const standing = held ? { state: "skipped" as const, error: SNOOZED } : { state: "pending" as const };
    const about = {
      purpose: said.purpose,
      severity: said.severity,
      agentTypes: [...(incident?.agentTypes ?? []), ...(type === undefined ? [] : [type])],
      services: [...(incident?.services ?? []), ...(event.serviceId === null ? [] : [event.serviceId])],
    };
    return channels.flatMap(({ id: channelId, rules }) => {
      const dueAt = tellAt(rules, about, endOfSnooze(event) ?? now);
      if (dueAt === null) return [];
      const { purpose, thread } = said;
      const id = newId("ntf");
      const body: Notification = { id, ...said };
      return [{ id, channelId, purpose, thread, incidentId: event.incidentId, eventSeq: event.seq, body, dueAt, createdAt: now, ...standing }]; // prettier-ignore
    });
  });
  const writes: Statement[] = [];
  for (let at = 0; at < rows.length; at += ROWS) writes.push(insertNotifications(db, rows.slice(at, at + ROWS)));
  await commit(db, { claims: [moveCursor(from, to, now)], writes });
  return to - from >= EVENTS;
}

/** When the page that ends a snooze is due at the earliest: at its end, or at once when a person ends it. */
const endOfSnooze = ({ type, data }: TellingEvent): number | null =>
  type === "incident.snoozed" && typeof data["until"] === "number" ? data["until"] : null;

const purposeOf = ({ type, data }: TellingEvent): Purpose =>
  data["page"] === true ? "page" : CLOSES.includes(type) ? "resolved" : "acknowledged";

function say(event: TellingEvent, incident: Told | undefined, origin: string | null): Omit<Notification, "id"> {
  const { type, at, text, incidentId, agentId, serviceId } = event;
  const [path, thread] =
    incidentId !== null
      ? [`/incidents/${encodeURIComponent(incidentId)}`, incidentId]
      : agentId !== null
        ? [`/agents/${encodeURIComponent(agentId)}`, `agent ${agentId}`]
        : serviceId !== null
          ? [`/services/${encodeURIComponent(serviceId)}`, `service ${serviceId}`]
          : ["/", `sentinel ${event.type}`];
  const own = [agentId, serviceId].filter((id) => id !== null);
  const subjects = [...new Set([...own, ...(incident?.services ?? []), ...(incident?.agentIds ?? [])])];
  return {
    purpose: purposeOf(event),
    thread,
    title: incident?.title ?? text,
    // It is read when the time has come.
    text: type === "incident.snoozed" ? `${text}; it is still open` : text,
    severity: incident === undefined || incident.severity === 0 ? null : incident.severity,
    subjects: subjects.slice(0, SUBJECTS),
    link: origin === null ? null : origin + path,
    at,
    startedAt: incident?.openedAt ?? at,
  };
}
