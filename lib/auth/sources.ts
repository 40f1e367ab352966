import { randomUUID } from "node:crypto";
import type { AlertSourceKind } from "@/lib/core/base/vocabulary";
import { type By, done } from "@/lib/db/audit";
import { type Db, write } from "@/lib/db/client";
import {
  type AlertSourceRow,
  countReceived,
  countRefused,
  countSigned,
  findLiveSource,
  insertAlertSource,
} from "@/lib/db/queries/alert-sources";
import { SentinelError } from "@/lib/errors";
import { log } from "@/lib/log";
import { metrics } from "@/lib/metrics";
import { hashToken, newToken } from "./token";

/** Who sent alerts or changes: a source with a token, or a sender whose signature was good (its id is its kind). */
export interface Sender {
  id: string;
  kind: AlertSourceKind;
}

/** Makes a source of alerts. The token is in the answer and nowhere else: it cannot be shown again. */
export async function createSource(
  db: Db,
  { kind, createdBy, by = { id: createdBy } }: { kind: AlertSourceKind; createdBy: string; by?: By },
  now: number,
): Promise<{ token: string; row: AlertSourceRow }> {
  const token = newToken("snt_src");
  const row: AlertSourceRow = {
    id: randomUUID(),
    kind,
    tokenHash: hashToken(token),
    createdAt: now,
    createdBy,
    revokedAt: null,
    lastAt: null,
    received: 0,
    refused: 0,
    lastRefusal: null,
    lastRefusalAt: null,
  };
  await insertAlertSource(db, row, done(now, by, "alert_source.create", "alert_source", row.id, { kind }));
  return { token, row };
}

/**
 * The source behind a token; null when there is none of this kind, or it was revoked. Looked up by the token's hash, so
 * that the time it takes tells nothing about the token. Asked of the database each time: senders send batches, not streams.
 */
export async function verifySource(db: Db, kind: AlertSourceKind, token: string, now: number): Promise<Sender | null> {
  const row = await findLiveSource(db, kind, hashToken(token));
  if (!row) return null;
  countReceived(db, row.id, now).catch((err: unknown) =>
    log().warn({ err, sourceId: row.id }, "could not record a message from a source"),
  );
  return { id: row.id, kind: row.kind };
}

/** A sender that signs has no token and so no row of its own: it is listed, and counted, from its first message on. */
export async function countMessage(db: Db, sender: Sender, now: number): Promise<void> {
  if (sender.id === sender.kind) await write(db, [countSigned(db, sender, now)]);
}

/** Longest reason that is kept of a refusal. */
const REASON_MAX = 300;

/**
 * What a sender sent was refused, wholly or in part: the source's page, the log and a metric say so, since senders rarely
 * look at answers. `count`: alerts, or 1 for a whole message. Never throws: a refusal is answered, however it is noted.
 */
export async function noteRefusal(
  db: Db,
  { id, kind }: Sender,
  { count, field, reason }: { count: number; field: string; reason: string },
  now: number,
): Promise<void> {
  const why = (reason.startsWith(field) ? reason : `${field}: ${reason}`).slice(0, REASON_MAX);
  metrics().alertsRefused.inc({ source: kind }, count);
  log().warn({ sourceId: id, source: kind, refused: count, reason: why }, "rejected a message from a source");
  await countRefused(db, id, { count, reason: why }, now).catch((err: unknown) =>
    log().warn({ err, sourceId: id }, "could not record a rejection on its source"),
  );
}

/** The same for a whole message that could not be read or was not as it should be. Other errors are not its sender's. */
export async function noteUnreadable(db: Db, sender: Sender, error: unknown, now: number): Promise<void> {
  if (!(error instanceof SentinelError) || error.status >= 500) return;
  const first = error.details.fields?.[0] ?? { field: "", reason: error.details.detail ?? error.message };
  await countMessage(db, sender, now);
  await noteRefusal(db, sender, { count: 1, ...first }, now);
}
