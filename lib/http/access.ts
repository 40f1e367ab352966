import { isApiToken, type TokenPerson, verifyApiToken } from "@/lib/auth/api-tokens";
import { type IngestKey, verifyKey } from "@/lib/auth/keys";
import { currentUser, hasRole, type Person } from "@/lib/auth/people";
import { type Sender, verifySource } from "@/lib/auth/sources";
import { bearer, sameSecret } from "@/lib/auth/token";
import type { Access, Endpoint } from "@/lib/contracts/endpoint";
import { type Role, ROLES } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { assertNamedOrigin, assertSameOrigin } from "./origin";
import { senderToken } from "./signature";

/** Who calls, as far as the endpoint wants to know. */
export interface Caller {
  user: Person | TokenPerson | null;
  key: IngestKey | null;
  sender: Sender | null;
}

const NOBODY: Caller = { user: null, key: null, sender: null };
const isRole = (access: Access): access is Role => (ROLES as readonly string[]).includes(access);

/**
 * Who calls, if any of the ways in is open to them. A bearer token is judged as what it is given for and never falls back
 * to a cookie: as an agent's key where those are let in, as an API token where people are. A request that changes state and is not a machine's must come from our own pages. Who signs the body is
 * not known yet: see `admitSigned`. Throws `unauthenticated` or `forbidden`.
 */
export async function admit(request: Request, endpoint: Endpoint, db: Db, now: number): Promise<Caller> {
  const ways = (Array.isArray(endpoint.auth) ? endpoint.auth : [endpoint.auth]) as readonly Access[];
  const token = bearer(request.headers);
  const changes = request.method !== "GET" && request.method !== "HEAD";
  if (ways.includes("cronSecret")) return admitScheduler(token);
  // Over the body: by `admitSigned`, and of Slack by what its route hands to `route`, which knows the channels.
  if (endpoint.auth === "signature" || endpoint.auth === "slackSignature") return NOBODY;
  if (endpoint.auth === "apiToken") return admitProgram(request.headers, token, db, now);
  if (ways.includes("alertSource")) {
    const given = senderToken(request.headers);
    const sender = given && endpoint.sender ? await verifySource(db, endpoint.sender, given, now) : null;
    if (sender) return { ...NOBODY, sender };
    throw unauthenticated(`A token of a ${endpoint.sender} source is required: Authorization: Bearer …`);
  }
  const wanted = ways.filter(isRole);
  if (token !== null && wanted.length > 0 && (isApiToken(token) || !ways.includes("ingestKey")))
    return admitToken(token, wanted, changes, db, now);
  if (ways.includes("ingestKey") && (token !== null || ways.length === 1)) {
    const key = token === null ? null : await verifyKey(db, token, now);
    if (key) {
      assertScope(key, endpoint);
      return { ...NOBODY, key };
    }
    throw unauthenticated("A valid ingest key is required: Authorization: Bearer …");
  }
  if (ways.includes("public")) {
    if (changes) assertSameOrigin(request.headers, { strict: request.headers.has("cookie") });
    return NOBODY;
  }
  const user = await currentUser(request.headers);
  if (!user) throw unauthenticated("Sign in, or send an API token: Authorization: Bearer …");
  if (changes) assertSameOrigin(request.headers, { strict: true });
  if (wanted.some((role) => hasRole(user, role))) return { ...NOBODY, user };
  throw new SentinelError("forbidden", {
    detail: `Requires the role ${wanted.join(" or ")}; yours is ${user.role}.`,
  });
}

/** Every route that keys may use says which scope it wants: one that does not is closed to them. */
function assertScope(key: IngestKey, { scope }: Endpoint): void {
  if (scope !== undefined && key.scopes.includes(scope)) return;
  throw new SentinelError("forbidden", {
    detail: `This key may send ${key.scopes.join(" and ")}; this request requires the scope ${scope}.`,
  });
}

/**
 * A script, by its API token: it reads what viewers may read and does what operators may do, each if its role allows. What
 * concerns a person's own account, and what only admins may do, is never a token's. No browser sends a token by itself, so its origin
 * says nothing.
 */
async function admitToken(token: string, wanted: Role[], changes: boolean, db: Db, now: number): Promise<Caller> {
  const user = await verifyApiToken(db, token, now);
  if (!user) throw unauthenticated("A valid API token is required: Authorization: Bearer …");
  const open = wanted.filter((role) => role === "operator" || (role === "viewer" && !changes));
  if (open.length === 0)
    throw new SentinelError("forbidden", { detail: "API tokens cannot do this: sign in as a user." });
  if (open.some((role) => hasRole(user, role))) return { ...NOBODY, user };
  throw new SentinelError("forbidden", {
    detail: `Requires the role ${open.join(" or ")}; the token has ${user.role}.`,
  });
}

/**
 * A program by its API token, whatever its role: what it may do is decided by whom it asks. Never a session, so that no page can
 * make a person's browser ask; and no page on another site at all, even one that names this machine (DNS rebinding; MCP wants
 * the origin checked).
 */
async function admitProgram(headers: Headers, token: string | null, db: Db, now: number): Promise<Caller> {
  assertSameOrigin(headers, { strict: false });
  assertNamedOrigin(headers);
  const user = token === null ? null : await verifyApiToken(db, token, now);
  if (user) return { ...NOBODY, user };
  throw unauthenticated("A valid API token is required: Authorization: Bearer …", token !== null);
}

function admitScheduler(token: string | null): Caller {
  const { CRON_SECRET } = env();
  if (!CRON_SECRET)
    throw new SentinelError("forbidden", { detail: "CRON_SECRET is not set, so this route is disabled." });
  if (token !== null && sameSecret(token, CRON_SECRET)) return NOBODY;
  throw unauthenticated("The cron secret is required: Authorization: Bearer …");
}

/** `given`: a token was sent, and is not valid (RFC 6750). */
const unauthenticated = (detail: string, given = false) =>
  new SentinelError("unauthenticated", {
    detail,
    headers: { "www-authenticate": `Bearer realm="sentinel"${given ? ', error="invalid_token"' : ""}` },
  });
