import type { AlertSourceTestAnswer } from "@/lib/contracts/alert-sources";
import type { Db } from "@/lib/db/client";
import { done } from "@/lib/db/audit";
import { record } from "@/lib/db/commit";
import { findAlertSource } from "@/lib/db/queries/alert-sources";
import { findAlertByFingerprint } from "@/lib/db/queries/alerts";
import { SentinelError } from "@/lib/errors";
import { newId } from "@/lib/db/ids";
import { receiveAlerts } from "./receive-alerts";
import { parseGeneric } from "./sources/generic/parse";

/** The service that test alerts are about. */
const TEST_SERVICE = "sentinel-test";

/**
 * Sends an alert the way that a source's alerts go: parsed, recorded under it, ended. It ends in the message it begins in,
 * so that it opens nothing. Throws not_found for a source that there is not, or that was revoked.
 */
export async function testSource(
  db: Db,
  sourceId: string,
  by: { id: string; name: string },
  now: number,
): Promise<AlertSourceTestAnswer> {
  const source = await findAlertSource(db, sourceId);
  if (!source || source.revokedAt !== null)
    throw new SentinelError("not_found", { detail: "Alert source not found or revoked" });
  await record(db, done(now, by, "alert_source.test", "alert_source", sourceId));
  const at = new Date(now).toISOString();
  const { alerts } = parseGeneric(
    {
      alerts: [
        {
          id: newId("test"),
          name: "Test alert",
          service: TEST_SERVICE,
          status: "resolved",
          severity: "info",
          summary: `Test of ${source.kind}, by ${by.name}`,
          starts_at: at,
          ends_at: at,
        },
      ],
      path: ["alerts"],
    },
    now,
  );
  const [alert] = alerts;
  if (!alert) throw new Error("The test alert does not match the schema");
  await receiveAlerts(db, sourceId, [alert], now);
  const row = await findAlertByFingerprint(db, sourceId, alert.fingerprint);
  if (!row) throw new Error("The test alert was not recorded");
  return { alert_id: row.id, service: row.serviceId, summary: row.summary };
}
