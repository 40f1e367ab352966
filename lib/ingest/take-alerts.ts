import type { AlertsAnswer } from "@/lib/contracts/alerts";
import { countMessage, noteRefusal, type Sender } from "@/lib/auth/sources";
import type { Db } from "@/lib/db/client";
import { SentinelError } from "@/lib/errors";
import { log } from "@/lib/log";
import { metrics } from "@/lib/metrics";
import { wake } from "@/lib/wake";
import { receiveAlerts } from "./receive-alerts";
import type { ParsedAlerts } from "./sources/alert-parse";

/**
 * Takes a sender's alerts in, and says what became of them. Incidents are open when this returns; their investigation begins
 * right after. What is refused is noted on the source, in the log and in a metric; when all of it is, throws `invalid` with
 * the fields, so that the sender notices too.
 */
export async function takeAlerts(db: Db, sender: Sender, parsed: ParsedAlerts, now: number): Promise<AlertsAnswer> {
  const { alerts, rejected, rejectedAlerts, notices, truncated, ignored } = parsed;
  await countMessage(db, sender, now);
  const [first] = rejected;
  if (first) await noteRefusal(db, sender, { ...first, count: rejectedAlerts }, now);
  if (first && alerts.length === 0)
    throw new SentinelError("invalid", {
      detail:
        rejectedAlerts === 1 ? `The alert was rejected: ${first.reason}` : `All ${rejectedAlerts} alerts were rejected`,
      fields: rejected.slice(0, MAX_FIELDS).map(({ field, reason }) => ({ field, reason })),
    });
  if (notices.length > 0)
    log().info({ source: sender.kind, notices: notices.slice(0, MAX_FIELDS) }, "alerts were cleaned");
  const done = alerts.length > 0 ? await receiveAlerts(db, sender.id, alerts, now) : null;
  metrics().alertsAccepted.inc({ source: sender.kind }, alerts.length);
  if (done) wake("services");
  return {
    accepted: done ? done.received - done.repeated : 0,
    repeated: done?.repeated ?? 0,
    rejected,
    notices,
    rejected_alerts: rejectedAlerts,
    truncated,
    ignored,
  };
}

/** Fields of an error answer: those beyond repeat themselves. */
const MAX_FIELDS = 20;
