import { desc, eq, inArray, sql } from "drizzle-orm";
import type { IncidentDetail } from "@/lib/contracts/incidents";
import type { Db } from "@/lib/db/client";
import { anomalies, streamEvents } from "@/lib/db/schema";
import { anomalyView } from "./incident-detail";

/** What stands out of an incident however long it is, where its page begins at its first lines. */
export interface IncidentExtremes {
  /** Of each metric of an agent the worst time it left its range, the worst metric first; and how often it did. */
  worst: { anomaly: IncidentDetail["anomalies"][number]; times: number }[];
  /** Metrics of agents that left their range, those beyond `worst` too. */
  metrics: number;
  /** The latest lines, oldest first. */
  latest: { at: number; text: string }[];
  /** All lines. */
  lines: number;
}

/** The worst and the latest of an incident, at most so many; of an ID that is not known, nothing. */
export async function findExtremes(
  db: Db,
  id: string,
  most: { metrics: number; lines: number },
): Promise<IncidentExtremes> {
  const [ranked, latest, [counted]] = await Promise.all([
    // With `max` alone, SQLite takes the other columns from the row that has it.
    db.all<{ id: string; times: number; metrics: number }>(sql`
      SELECT id, times, count(*) OVER () AS metrics FROM (
        SELECT id, max(severity) AS severity, count(*) AS times FROM anomalies WHERE incident_id = ${id} GROUP BY agent_id, metric)
      ORDER BY severity DESC, id LIMIT ${most.metrics}`),
    db
      .select({ at: streamEvents.at, text: streamEvents.text })
      .from(streamEvents)
      .where(eq(streamEvents.incidentId, id))
      .orderBy(desc(streamEvents.seq))
      .limit(most.lines),
    db.all<{ n: number }>(sql`SELECT count(*) AS n FROM stream_events WHERE incident_id = ${id}`),
  ]);
  const rows = await db.select().from(anomalies).where(inArray(anomalies.id, ranked.map((row) => row.id))); // prettier-ignore
  const of = new Map(rows.map((row) => [row.id, anomalyView(row)]));
  return {
    worst: ranked.flatMap(({ id: anomalyId, times }) => {
      const anomaly = of.get(anomalyId);
      return anomaly ? [{ anomaly, times }] : [];
    }),
    metrics: ranked[0]?.metrics ?? 0,
    latest: latest.toReversed(),
    lines: counted?.n ?? 0,
  };
}
