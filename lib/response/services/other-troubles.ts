import type { Db } from "@/lib/db/client";
import { type Incident, listOtherTroubles } from "@/lib/db/queries/incidents";

/** What is seen so long before an incident's first alert belongs to it already, in ms. */
const LEAD_MS = 15_000;

/**
 * Whether a moment of a service (epoch seconds) belongs to an incident that was over before this one: it is neither
 * normal, nor evidence of what is wrong now. `from`: the earliest moment that is asked about, epoch seconds.
 */
export async function otherTroubles(
  db: Db,
  incident: Pick<Incident, "id" | "openedAt">,
  nodes: readonly string[],
  from: number,
): Promise<(node: string, t: number) => boolean> {
  const troubles = await listOtherTroubles(db, incident, nodes, from * 1_000);
  return (node, t) =>
    troubles.some((one) => one.serviceId === node && t * 1_000 >= one.from - LEAD_MS && t * 1_000 <= one.to);
}
