import { randomUUID } from "node:crypto";
import type { TokenRole, TokenScope } from "@/lib/core/base/vocabulary";
import { type By, done } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import { type ApiTokenRow, findLiveApiToken, insertApiToken, setApiTokenUsed } from "@/lib/db/queries/api-tokens";
import { log } from "@/lib/log";
import { currentUser, type Person } from "./people";
import { bearer, hashToken, newToken } from "./token";

/** How an API token begins, which tells it from an agent's key and a source's token. */
const PREFIX = "snt_api";
/** Characters that are kept and shown, to tell tokens apart: the prefix and 6 random ones. */
const SHOWN = 14;
/** "Last used" is exact to this, so that it costs no write a request. */
const USED_EVERY_MS = 60_000;

export interface NewApiToken {
  name: string;
  role: TokenRole;
  /** What it may do over MCP besides reading; left out: nothing. */
  scopes?: TokenScope[];
  /** Epoch ms; null: it does not expire. */
  expiresAt: number | null;
  createdBy: string;
  /** Who made it, for the audit log; left out: whom `createdBy` names. */
  by?: By;
}

/** Makes a token. The secret is in the answer and nowhere else: it cannot be shown again. */
export async function createApiToken(
  db: Db,
  { by, ...token }: NewApiToken,
  now: number,
): Promise<{ secret: string; row: ApiTokenRow }> {
  const secret = newToken(PREFIX);
  const row: ApiTokenRow = {
    ...token,
    scopes: token.scopes ?? [],
    id: randomUUID(),
    hash: hashToken(secret),
    shown: secret.slice(0, SHOWN),
    createdAt: now,
    lastUsedAt: null,
    revokedAt: null,
  };
  const { name, role, scopes, shown, expiresAt } = row;
  const made = { name, role, scopes, shown, expires_at: expiresAt };
  await insertApiToken(db, row, done(now, by ?? { id: token.createdBy }, "token.create", "token", row.id, made));
  return { secret, row };
}

export const isApiToken = (token: string): boolean => token.startsWith(`${PREFIX}_`);

/** The person of its own that a token speaks for, and what the token may do over MCP besides reading. */
export interface TokenPerson extends Person {
  scopes: readonly TokenScope[];
}

/**
 * Who a token speaks for: a person of its own, named after it, so that what it does is recorded under its name. Null when there
 * is no such token, or it has expired or was revoked. Asked of the database each time: a revoked one ends at once.
 */
export async function verifyApiToken(db: Db, token: string, now: number): Promise<TokenPerson | null> {
  const row = await findLiveApiToken(db, hashToken(token), now);
  if (!row) return null;
  if (now - (row.lastUsedAt ?? 0) >= USED_EVERY_MS) {
    setApiTokenUsed(db, row.id, now).catch((err: unknown) =>
      log().warn({ err, tokenId: row.id }, "could not record the use of an API token"),
    );
  }
  return { id: `token:${row.id}`, name: `${row.name} (API token)`, email: "", role: row.role, scopes: row.scopes };
}

/** Whoever these headers still speak for: an API token, or else a session. */
export function revalidatePerson(db: Db, headers: Headers, now: number): Promise<Person | null> {
  const token = bearer(headers);
  return token === null ? currentUser(headers) : verifyApiToken(db, token, now);
}
