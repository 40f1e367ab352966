import { and, eq, gte, lte, sql } from "drizzle-orm";
import type { SpanMinute } from "@/lib/core/services/span-signals";
import type { Db, Statement } from "../client";
import { spanRollups } from "../schema";

/**
 * Adds requests to the minutes of their services, which are known, and notes that their spans arrived; one statement each. Nothing
 * is added for a `digest` that was added before. What Prometheus measures is not kept.
 */
export function addSpanMinutes(
  minutes: readonly (SpanMinute & { service: string })[],
  digest: string,
  now: number,
): Statement[] {
  const rows = minutes.map((m) => [m.service, m.at, m.requests, m.errors, JSON.stringify(m.buckets)]);
  const unseen = "NOT EXISTS (SELECT 1 FROM span_batches WHERE digest = ?2)";
  return [
    {
      sql: `INSERT INTO span_rollups (service_id, at, requests, errors, buckets)
            SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, e.value->>4 FROM json_each(?1) e
            JOIN services s ON s.id = e.value->>0 AND s.label_key IS NULL WHERE ${unseen}
            ON CONFLICT (service_id, at) DO UPDATE SET
              requests = span_rollups.requests + excluded.requests, errors = span_rollups.errors + excluded.errors,
              buckets = (SELECT json_group_object(bucket, n) FROM (
                SELECT b.key AS bucket, sum(b.value) AS n
                FROM (SELECT key, value FROM json_each(span_rollups.buckets) UNION ALL SELECT key, value FROM json_each(excluded.buckets)) b
                GROUP BY b.key))`,
      args: [JSON.stringify(rows), digest],
    },
    { sql: "INSERT OR IGNORE INTO span_batches (digest, at) VALUES (?1, ?2)", args: [digest, now] },
    {
      sql: `UPDATE services SET traced_at = ?2 WHERE id IN (SELECT value FROM json_each(?1)) AND coalesce(traced_at, 0) < ?2`,
      args: [JSON.stringify([...new Set(minutes.map(({ service }) => service))]), now],
    },
  ];
}

/** Minutes of all services, or of one, that begin between two moments in epoch ms, both included. */
export const listSpanMinutes = (
  db: Db,
  { from, to, service }: { from: number; to: number; service?: string },
): Promise<(SpanMinute & { serviceId: string })[]> =>
  db
    .select()
    .from(spanRollups)
    .where(
      and(
        gte(spanRollups.at, from),
        lte(spanRollups.at, to),
        service === undefined ? undefined : eq(spanRollups.serviceId, service),
      ),
    );

/** Services that spans measure, with the first minute that is kept of each; null: none is. */
export const listTraced = (db: Db): Promise<{ id: string; firstAt: number | null }[]> =>
  db.all(sql`SELECT id, (SELECT min(at) FROM span_rollups r WHERE r.service_id = services.id) AS "firstAt"
             FROM services WHERE traced_at IS NOT NULL AND label_key IS NULL`);

/** Minutes between two moments in which spans of any service arrived. */
export const listHeardMinutes = async (db: Db, { from, to }: { from: number; to: number }): Promise<number[]> =>
  (
    await db
      .selectDistinct({ at: spanRollups.at })
      .from(spanRollups)
      .where(and(gte(spanRollups.at, from), lte(spanRollups.at, to)))
  ).map(({ at }) => at);
