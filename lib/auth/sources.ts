import { randomUUID } from "node:crypto";
import type { AlertSourceKind } from "@/lib/core/vocabulary";
import type { Db } from "@/lib/db/client";
import { type AlertSourceRow, countReceived, findLiveSource, insertAlertSource } from "@/lib/db/queries/alert-sources";
import { log } from "@/lib/log";
import { hashToken, newToken } from "./token";

/** Who sent alerts or changes: a source with a token, or a sender whose signature was good (its id is its kind). */
export interface Sender {
  id: string;
  kind: AlertSourceKind;
}

/** Makes a source of alerts. The token is in the answer and nowhere else: it cannot be shown again. */
export async function createSource(
  db: Db,
  { kind, createdBy }: { kind: AlertSourceKind; createdBy: string },
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
  };
  await insertAlertSource(db, row);
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
    log().warn({ err, sourceId: row.id }, "could not count a message of a source"),
  );
  return { id: row.id, kind: row.kind };
}
