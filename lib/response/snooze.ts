import type { Db } from "@/lib/db/client";
import { snoozeIncident } from "@/lib/db/queries/incident-writes";
import { getIncident } from "@/lib/db/queries/incidents";
import { skipPages } from "@/lib/db/queries/notifications";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "./actor";
import { commitOrConflict, conflict } from "./commit-or-conflict";

/** Whoever will not look at it for longer should assign it, or close it. */
const LONGEST_MS = 7 * 86_400_000;

/**
 * Holds the pages of an incident back until a time (epoch ms), at which one page says that it is still open; null: no longer. What
 * already waited to be sent is not sent, since that page takes its place. Detection, containment and healing go on. Throws `invalid` for a time
 * that is past or more than a week ahead, `conflict` for an incident that is closed.
 */
export async function snooze(db: Db, incidentId: string, until: number | null, by: Actor, now: number): Promise<void> {
  if (until !== null && (until <= now || until > now + LONGEST_MS))
    throw new SentinelError("invalid", {
      detail: "snoozed_until must be in the future, at most a week ahead",
      fields: [{ field: "snoozed_until", reason: "must be in the future, at most a week ahead" }],
    });
  await commitOrConflict(db, async (plan) => {
    const incident = await getIncident(db, incidentId);
    if (incident.closedAt !== null) throw conflict(`The incident is already ${incident.state}`);
    if (incident.snoozedUntil === until) return;
    const text =
      until === null
        ? `${by.name} ended the snooze of the incident`
        : `${by.name} snoozed the incident until ${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    plan
      .claim(snoozeIncident(incidentId, until))
      .write(skipPages(db, incidentId, "snoozed"))
      .tell({
        at: now,
        type: "incident.snoozed",
        incidentId,
        text,
        data: { by: by.id, until, ...(until !== null && { page: true }) },
      });
  });
}
