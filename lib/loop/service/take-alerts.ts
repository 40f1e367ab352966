import type { ParsedAlerts } from "@/lib/contracts/alert-parse";
import type { AlertsAnswer } from "@/lib/contracts/alerts";
import type { Sender } from "@/lib/auth/sources";
import { type Db, write } from "@/lib/db/client";
import { alertSources } from "@/lib/db/schema";
import { requestSweep } from "../scheduler";
import { receiveAlerts } from "./receive";

/** Takes a sender's alerts in, and says what became of them. Incidents are open when this returns; their investigation begins right after. */
export async function takeAlerts(db: Db, sender: Sender, parsed: ParsedAlerts, now: number): Promise<AlertsAnswer> {
  const { alerts, rejected, rejectedAlerts, truncated, ignored } = parsed;
  // A sender that signs has no token and so no row yet: it is listed from its first message on.
  if (sender.id === sender.kind) await write(db, [signedSource(db, sender, now)]);
  const done = alerts.length > 0 ? await receiveAlerts(db, sender.id, alerts, now) : null;
  if (done) requestSweep();
  return {
    accepted: done ? done.received - done.repeated : 0,
    repeated: done?.repeated ?? 0,
    rejected,
    rejected_alerts: rejectedAlerts,
    truncated,
    ignored,
  };
}

const signedSource = (db: Db, { id, kind }: Sender, now: number) =>
  db
    .insert(alertSources)
    .values({ id, kind, createdAt: now, createdBy: "configuration", lastAt: now })
    .onConflictDoUpdate({ target: alertSources.id, set: { lastAt: now } });
