import { type IngestKey, verifyKey } from "@/lib/auth/keys";
import { currentUser, hasRole, type Person } from "@/lib/auth/people";
import { bearer, sameSecret } from "@/lib/auth/token";
import type { Access } from "@/lib/contracts/endpoint";
import { type Role, ROLES } from "@/lib/core/vocabulary";
import type { Db } from "@/lib/db/client";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { assertSameOrigin } from "./origin";

/** Who calls, as far as the endpoint wants to know. */
export interface Caller {
  user: Person | null;
  key: IngestKey | null;
}

const NOBODY: Caller = { user: null, key: null };
const isRole = (access: Access): access is Role => (ROLES as readonly string[]).includes(access);

/**
 * Who calls, if any of the ways in is open to them. A bearer token is judged as what it is given for and never falls back
 * to a cookie. A request that changes state and is not an agent's or the scheduler's must come from our own pages.
 * Throws `unauthenticated` or `forbidden`.
 */
export async function admit(request: Request, ways: readonly Access[], db: Db, now: number): Promise<Caller> {
  const token = bearer(request.headers);
  const changes = request.method !== "GET" && request.method !== "HEAD";
  if (ways.includes("cronSecret")) return admitScheduler(token);
  if (ways.includes("ingestKey") && (token !== null || ways.length === 1)) {
    const key = token === null ? null : await verifyKey(db, token, now);
    if (key) return { user: null, key };
    throw unauthenticated("An ingest key that is valid is needed: Authorization: Bearer …");
  }
  if (ways.includes("public")) {
    if (changes) assertSameOrigin(request.headers, { strict: request.headers.has("cookie") });
    return NOBODY;
  }
  const user = await currentUser(request.headers);
  if (!user) throw unauthenticated("Sign in first.");
  if (changes) assertSameOrigin(request.headers, { strict: true });
  const wanted = ways.filter(isRole);
  if (wanted.some((role) => hasRole(user, role))) return { user, key: null };
  throw new SentinelError("forbidden", {
    detail: `This needs the role ${wanted.join(" or ")}; yours is ${user.role}.`,
  });
}

function admitScheduler(token: string | null): Caller {
  const { CRON_SECRET } = env();
  if (!CRON_SECRET)
    throw new SentinelError("forbidden", { detail: "CRON_SECRET is not set, so this route is closed." });
  if (token !== null && sameSecret(token, CRON_SECRET)) return NOBODY;
  throw unauthenticated("The cron secret is needed: Authorization: Bearer …");
}

const unauthenticated = (detail: string) =>
  new SentinelError("unauthenticated", { detail, headers: { "www-authenticate": 'Bearer realm="sentinel"' } });
