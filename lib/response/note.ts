import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { getIncident } from "@/lib/db/queries/incidents";
import { invalidField } from "@/lib/errors";
import type { Actor } from "./actor";

/** Writes what a person found into an incident's timeline, open or closed. Throws `invalid` where nothing is said. */
export async function note(
  db: Db,
  incidentId: string,
  by: Actor,
  now: number,
  said: string | undefined,
): Promise<void> {
  if (!said) throw invalidField("comment", "must hold the note");
  await getIncident(db, incidentId);
  await commit(db, {
    claims: [],
    events: [{ at: now, type: "incident.noted", incidentId, text: `${by.name}: ${said}`, data: { by: by.id } }],
  });
}
