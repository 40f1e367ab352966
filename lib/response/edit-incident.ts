import { hasRole } from "@/lib/auth/people";
import type { Db } from "@/lib/db/client";
import type { Plan } from "@/lib/db/plan";
import { assignIncident, snoozeIncident } from "@/lib/db/queries/incident-writes";
import { getIncident, type Incident } from "@/lib/db/queries/incidents";
import { skipPages } from "@/lib/db/queries/notifications";
import { findUser } from "@/lib/db/queries/users";
import { invalidField } from "@/lib/errors";
import type { Actor } from "./actor";
import { commitOrConflict, conflict } from "./commit-or-conflict";

/** Whoever will not look at it for longer should assign it, or close it. */
const LONGEST_SNOOZE_MS = 7 * 86_400_000;

/** What is left out stays as it is. */
interface Edit {
  /** A person's ID; null: nobody's. */
  assignee?: string | null | undefined;
  /** Epoch ms; null: no longer. */
  snoozedUntil?: number | null | undefined;
}

/**
 * Changes who has an incident and until when its pages wait, both or neither. What is so already stays, and nothing is told. Throws
 * `invalid` naming the field, `conflict` for an incident that is closed.
 */
export async function editIncident(db: Db, id: string, edit: Edit, by: Actor, now: number): Promise<void> {
  const { assignee, snoozedUntil } = edit;
  if (typeof snoozedUntil === "number" && (snoozedUntil <= now || snoozedUntil > now + LONGEST_SNOOZE_MS))
    throw invalidField("snoozed_until", "must be in the future, at most a week ahead");
  await commitOrConflict(db, async (plan) => {
    const incident = await getIncident(db, id);
    if (incident.closedAt !== null) throw conflict(`The incident is already ${incident.state}`);
    if (assignee !== undefined && assignee !== incident.assigneeId) await assign(db, plan, incident, assignee, by, now);
    const { snoozedUntil: end } = incident;
    if (snoozedUntil !== undefined && snoozedUntil !== (end !== null && end > now ? end : null))
      snooze(db, plan, incident, snoozedUntil, by, now);
  });
}

async function assign(db: Db, plan: Plan, { id }: Incident, to: string | null, by: Actor, now: number): Promise<void> {
  const person = to === null ? null : await findUser(db, to);
  if (to !== null && (person === null || !hasRole(person, "operator")))
    throw invalidField("assignee", "must be the ID of an operator or an admin");
  const whom = person === null ? "nobody" : person.id === by.id ? "themselves" : person.name;
  plan.claim(assignIncident(id, person)).tell({
    at: now,
    type: "incident.assigned",
    incidentId: id,
    text: `${by.name} assigned the incident to ${whom}`,
    data: { by: by.id, to },
  });
}

/**
 * At the end of a snooze, by itself or by hand, one page says that the incident is still open, unless a person has answered what came
 * last. It takes the place of every page that waited or came meanwhile. Detection, containment and healing go on.
 */
function snooze(db: Db, plan: Plan, { id }: Incident, until: number | null, by: Actor, now: number): void {
  const text =
    until === null
      ? `${by.name} ended the snooze of the incident`
      : `${by.name} snoozed the incident until ${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  plan
    .claim(snoozeIncident(id, until))
    .write(skipPages(db, id))
    .tell({
      at: now,
      type: "incident.snoozed",
      incidentId: id,
      text,
      data: { by: by.id, until, page: true },
    });
}
