import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { type Incident, listIncidentsInStates, listSubjects } from "@/lib/db/queries/incidents";

/**
 * The incident about any of these agents (null: about anybody), that of a shared cause first, then the newest, where one led to another; null
 * where there is none.
 */
export async function incidentAbout(db: Db, agents: readonly string[] | null): Promise<Incident | null> {
  const all = await listIncidentsInStates(db, INCIDENT_STATES);
  const told = all.toSorted(
    (a, b) => Number(b.kind === "external") - Number(a.kind === "external") || b.openedAt - a.openedAt,
  );
  for (const incident of told)
    if (agents === null || (await listSubjects(db, incident.id)).some(({ subjectId }) => agents.includes(subjectId)))
      return incident;
  return null;
}
