import type { SharedCause } from "@/lib/core/agents/fleet";
import type { Db } from "@/lib/db/client";
import type { Incident } from "@/lib/db/queries/incidents";
import { sql } from "drizzle-orm";

export type Cause = Pick<SharedCause, "dimension" | "value">;

export const causeKeyOf = ({ dimension, value }: Cause): string => `${dimension}:${value}`;

/** The shared cause of an external incident; null where none is noted. */
export function causeOf({ causeKey }: Pick<Incident, "causeKey">): Cause | null {
  const [dimension, ...rest] = (causeKey ?? "").split(":");
  return dimension === "tool" || dimension === "model" || dimension === "provider"
    ? { dimension, value: rest.join(":") }
    : null;
}

/** An agent whose trouble vouches for a shared cause. */
export interface CorroboratingAgent {
  agentId: string;
  keyId: string | null;
}

/**
 * Whose trouble speaks for each open external incident, by its id: those who are in it and not back in band, and those who are held
 * for what may be the same cause.
 */
export async function listCorroboratingAgents(
  db: Db,
  incidents: readonly Incident[],
): Promise<Map<string, CorroboratingAgent[]>> {
  const found = new Map<string, CorroboratingAgent[]>(incidents.map(({ id }) => [id, []]));
  if (incidents.length === 0) return found;
  const rows = await db.all<CorroboratingAgent & { external: string }>(sql`
    SELECT e.id AS external, a.id AS agentId, a.key_id AS keyId
    FROM incidents e JOIN agents a ON a.incident_id = e.id AND a.state = 'suspected'
    WHERE e.id IN (SELECT value FROM json_each(${JSON.stringify(incidents.map(({ id }) => id))}))
    UNION
    SELECT e.id, a.id, a.key_id
    FROM incidents e JOIN incidents own ON own.cause_key = e.cause_key AND own.kind = 'agent' AND own.closed_at IS NULL
      JOIN agents a ON a.incident_id = own.id AND a.state = 'quarantined'
    WHERE e.id IN (SELECT value FROM json_each(${JSON.stringify(incidents.map(({ id }) => id))}))`);
  for (const { external, agentId, keyId } of rows) found.get(external)?.push({ agentId, keyId });
  return found;
}
