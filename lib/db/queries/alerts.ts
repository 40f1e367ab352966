import { and, desc, eq, isNull, sql } from "drizzle-orm";
import type { Alert } from "@/lib/core/alerts/alert";
import type { AlertSeverity } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "../client";
import { alerts } from "../schema";
import { grouped } from "@/lib/core/base/grouped";

export type AlertRow = typeof alerts.$inferSelect;

const among = (values: readonly string[]) => sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;

/** Occurrences of these alerts of a source since a time, and those that still fire, newest first. */
export async function listOccurrences(
  db: Db,
  sourceId: string,
  fingerprints: readonly string[],
  since: number,
): Promise<AlertRow[]> {
  return db
    .select()
    .from(alerts)
    .where(
      and(
        eq(alerts.sourceId, sourceId),
        sql`${alerts.fingerprint} IN ${among(fingerprints)}`,
        sql`(${alerts.lastAt} >= ${since} OR ${alerts.endsAt} IS NULL
          OR ${alerts.startsAt} = (SELECT max(a.starts_at) FROM alerts a WHERE a.source_id = ${alerts.sourceId} AND a.fingerprint = ${alerts.fingerprint}))`,
      ),
    )
    .orderBy(desc(alerts.startsAt));
}

export async function findAlertByFingerprint(db: Db, sourceId: string, fingerprint: string): Promise<AlertRow | null> {
  const where = and(eq(alerts.sourceId, sourceId), eq(alerts.fingerprint, fingerprint));
  return (await db.query.alerts.findFirst({ where, orderBy: desc(alerts.startsAt) })) ?? null;
}

export const listAlertsOf = (db: Db, incidentId: string): Promise<AlertRow[]> =>
  db.select().from(alerts).where(eq(alerts.incidentId, incidentId)).orderBy(alerts.startsAt, alerts.id);

/** Which alerts fired where in the incidents that began before one, the newest of them, incident by incident. */
export async function listAlertsOfPast(
  db: Db,
  { id, openedAt }: { id: string; openedAt: number },
  limit: number,
): Promise<{ node: string; name: string }[][]> {
  const rows = await db.all<{ incident: string; node: string; name: string }>(sql`
    SELECT DISTINCT incident_id AS incident, service_id AS node, name FROM alerts WHERE incident_id IN (
      SELECT id FROM incidents WHERE opened_at <= ${openedAt} AND id <> ${id}
        AND EXISTS (SELECT 1 FROM alerts a WHERE a.incident_id = incidents.id)
      ORDER BY opened_at DESC LIMIT ${limit})`);
  return [...grouped(rows, (row) => row.incident).values()].map((of) => of.map(({ node, name }) => ({ node, name })));
}

/** Alerts that fire and belong to no incident: muted ones whose window may have ended. */
export const listMutedFiring = (db: Db): Promise<AlertRow[]> =>
  db
    .select()
    .from(alerts)
    .where(and(isNull(alerts.endsAt), isNull(alerts.incidentId), eq(alerts.muted, true)));

/** Alerts that fire and are not muted, of one source or of all, by service. */
export async function listFiringOf(db: Db, sourceId?: string): Promise<Map<string, AlertRow[]>> {
  const rows = await db
    .select()
    .from(alerts)
    .where(
      and(isNull(alerts.endsAt), sourceId === undefined ? eq(alerts.muted, false) : eq(alerts.sourceId, sourceId)),
    );
  return grouped(rows, (row) => row.serviceId);
}

/**
 * A claim that only one receiver at a time wins: what was read of the alerts is still so. Settings are text and the driver
 * hands over numbers as reals: without the cast `'0' = 0.0` would compare as text, and never hold.
 */
export const ledgerClaim = (seen: number): Statement => ({
  sql: "UPDATE settings SET value = CAST(value AS INTEGER) + 1 WHERE key = 'alert_ledger' AND CAST(value AS INTEGER) = ?",
  args: [seen],
});

/** How many times alerts were written so far; begins the count if it never was. */
export async function readLedger(db: Db, begin: (statement: Statement) => Promise<unknown>): Promise<number> {
  const read = async () =>
    (await db.all<{ value: number }>(sql`SELECT value FROM settings WHERE key = 'alert_ledger'`))[0]?.value;
  const value = await read();
  if (value !== undefined) return Number(value);
  await begin({
    sql: "INSERT INTO settings (key, value, updated_at) VALUES ('alert_ledger', 0, 0) ON CONFLICT DO NOTHING",
    args: [],
  });
  return Number((await read()) ?? 0);
}

export interface NewAlert extends Pick<AlertRow, "id" | "sourceId" | "incidentId" | "muted" | "flapping"> {
  alert: Alert;
}

const INSERTED = [
  "id", "source_id", "incident_id", "muted", "flapping", "fingerprint", "starts_at", "ends_at", "name", "service_id", "severity",
  "summary", "labels", "annotations", "generator_url", "first_at", "last_at",
] as const; // prettier-ignore
/** Rows of one statement: preparing one for each of a storm's thousand alerts would take longer than storing them. */
const ROWS_A_STATEMENT = 50;

/** New occurrences, in as few statements as is reasonable. */
export function insertAlerts(list: readonly NewAlert[], now: number): Statement[] {
  const statements: Statement[] = [];
  for (let from = 0; from < list.length; from += ROWS_A_STATEMENT) {
    const part = list.slice(from, from + ROWS_A_STATEMENT);
    const row = `(${INSERTED.map(() => "?").join(", ")})`;
    statements.push({
      sql: `INSERT INTO alerts (${INSERTED.join(", ")}) VALUES ${part.map(() => row).join(", ")}`,
      args: part.flatMap(({ id, sourceId, incidentId, muted, flapping, alert }) => [
        id, sourceId, incidentId, Number(muted), Number(flapping), alert.fingerprint, alert.startsAt, alert.endsAt, alert.name, alert.service, alert.severity,
        alert.summary, JSON.stringify(alert.labels), JSON.stringify(alert.annotations), alert.generatorUrl, now, now,
      ]), // prettier-ignore
    });
  }
  return statements;
}

export const countRepeat = (id: string, now: number): Statement => ({
  sql: "UPDATE alerts SET count = count + 1, last_at = max(last_at, ?) WHERE id = ?",
  args: [now, id],
});

/** How grave an alert is now, as its sender says it. */
export const setAlertSeverity = (id: string, severity: AlertSeverity, summary: string): Statement => ({
  sql: "UPDATE alerts SET severity = ?, summary = ? WHERE id = ?",
  args: [severity, summary, id],
});

/** Where an alert that is recorded already belongs. */
export const placeAlert = (id: string, set: { incidentId: string | null; muted: boolean }): Statement => ({
  sql: "UPDATE alerts SET incident_id = ?, muted = ? WHERE id = ?",
  args: [set.incidentId, Number(set.muted), id],
});

export const endAlert = (id: string, endsAt: number, now: number): Statement => ({
  sql: "UPDATE alerts SET ends_at = ?, last_at = ? WHERE id = ? AND ends_at IS NULL",
  args: [endsAt, now, id],
});
