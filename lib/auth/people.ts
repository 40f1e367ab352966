import { randomBytes } from "node:crypto";
import { betterAuth } from "better-auth";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { createAuthEndpoint, isAPIError } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import { z } from "zod";
import { PASSWORD_LENGTH } from "@/lib/contracts/auth";
import { isAtLeast, type Role, ROLES } from "@/lib/core/base/vocabulary";
import { type Db, getDb } from "@/lib/db/client";
import { getSecret } from "@/lib/db/queries/links";
import { findUserByEmail } from "@/lib/db/queries/users";
import { accounts, sessions, users, verifications } from "@/lib/db/schema/auth";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { log } from "@/lib/log";

/** A person who is signed in. */
export interface Person {
  id: string;
  name: string;
  email: string;
  role: Role;
}

/** A person who just signed in, and the headers (Set-Cookie) that say so to their browser. */
export interface SignedIn {
  person: Person;
  cookies: Headers;
}

/** What everybody may know of an account. */
export const personOf = ({ id, name, email, role }: Person): Person => ({ id, name, email, role });

/** A session ends this long after its last use, in s. */
const SESSION_S = 7 * 24 * 3_600;
/** A session in use is prolonged (one write) at most this often, in s. */
const PROLONG_S = 24 * 3_600;

export const hasRole = (person: Person, role: Role): boolean => isAtLeast(person.role, role);

/**
 * better-auth on our tables. Each of its writes is one statement on the one connection that the write queue uses too
 * (`transaction: false`), so that neither can find the other in the middle of something. Origin and rate are checked by
 * the routes in front of it, which know this server's origin; nobody signs up without a link.
 */
function build(db: Db, secret: string) {
  const { SENTINEL_URL } = env();
  return betterAuth({
    appName: "Sentinel",
    baseURL: SENTINEL_URL ?? "http://localhost",
    basePath: "/api/auth",
    secret,
    database: drizzleAdapter(db, {
      provider: "sqlite",
      transaction: false,
      schema: { user: users, session: sessions, account: accounts, verification: verifications },
    }),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH.min,
      maxPasswordLength: PASSWORD_LENGTH.max,
    },
    user: { additionalFields: { role: { type: "string", required: true, input: false, defaultValue: "viewer" } } },
    session: { expiresIn: SESSION_S, updateAge: PROLONG_S },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    advanced: {
      cookiePrefix: "sentinel",
      useSecureCookies: SENTINEL_URL?.startsWith("https:") ?? false,
      disableCSRFCheck: true,
    },
    logger: { log: (level, message) => log()[level]({ from: "better-auth" }, message) },
    plugins: [{ id: "sentinel-links", endpoints: { openSession } }],
  });
}

/** Signs in a person who proved themselves by a one-time link. It has no path: only this server's code can call it. */
const openSession = createAuthEndpoint({ method: "POST", body: z.object({ userId: z.string() }) }, async (ctx) => {
  const user = await ctx.context.internalAdapter.findUserById(ctx.body.userId);
  if (!user) return ctx.json({ ok: false });
  const session = await ctx.context.internalAdapter.createSession(user.id);
  await setSessionCookie(ctx, { session, user });
  return ctx.json({ ok: true });
});

export type PeopleAuth = ReturnType<typeof build>;

/** This process's better-auth, made on first use. One Next process holds several copies of this module: they share it. */
export function peopleAuth(): Promise<PeopleAuth> {
  const global = globalThis as unknown as Record<symbol, Promise<PeopleAuth> | undefined>;
  const key = Symbol.for("sentinel.people");
  const made = (global[key] ??= make());
  made.catch(() => delete global[key]);
  return made;
}

async function make(): Promise<PeopleAuth> {
  const db = await getDb();
  return build(db, await sessionSecret(db));
}

/** What cookies are signed with: the operator's, or one that was made once and is kept in the database. */
export const sessionSecret = async (db: Db): Promise<string> =>
  env().SENTINEL_SECRET ?? (await getSecret(db, "session", randomBytes(32).toString("base64url"), Date.now()));

/** Who sends these headers, by their session cookie; null when nobody is signed in. */
export async function currentUser(headers: Headers): Promise<Person | null> {
  if (!headers.has("cookie")) return null;
  const auth = await peopleAuth();
  const found = await auth.api.getSession({ headers });
  if (!found) return null;
  const { id, name, email, role } = found.user;
  return { id, name, email, role: z.enum(ROLES).parse(role) };
}

/** Signs in by password. Throws `unauthenticated`, without telling whether the email or the password was wrong. */
export async function signInByPassword(db: Db, email: string, password: string, headers: Headers): Promise<SignedIn> {
  const auth = await peopleAuth();
  const detail = "Wrong email or password.";
  const attempt = () => auth.api.signInEmail({ body: { email, password }, headers, returnHeaders: true });
  const { headers: cookies } = await refusing(detail, attempt);
  const row = await findUserByEmail(db, email);
  if (!row) throw new SentinelError("unauthenticated", { detail });
  return { person: personOf(row), cookies };
}

/** Ends the session of these headers, if there is one. */
export async function signOut(headers: Headers): Promise<Headers> {
  const auth = await peopleAuth();
  return (await auth.api.signOut({ headers, returnHeaders: true })).headers;
}

/** Changes the password of who sends these headers, and ends their other sessions. Throws `unauthenticated`. */
export async function changePassword(current: string, fresh: string, headers: Headers): Promise<Headers> {
  const auth = await peopleAuth();
  const body = { currentPassword: current, newPassword: fresh, revokeOtherSessions: true };
  const attempt = () => auth.api.changePassword({ body, headers, returnHeaders: true });
  return (await refusing("The current password is wrong.", attempt)).headers;
}

/** better-auth's refusals (4xx) as ours; anything else is a failure and stays one. */
async function refusing<T>(detail: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    if (isAPIError(cause) && cause.statusCode < 500) throw new SentinelError("unauthenticated", { detail, cause });
    throw cause;
  }
}

/** The form in which a password is kept (scrypt). */
export async function hashPassword(password: string): Promise<string> {
  const { password: form } = await (await peopleAuth()).$context;
  return form.hash(password);
}

/** The answer that signs a person in: its Set-Cookie headers. Null when they no longer exist. */
export async function signIn(userId: string, headers: Headers): Promise<Headers | null> {
  const auth = await peopleAuth();
  const { headers: answer, response } = await auth.api.openSession({ body: { userId }, headers, returnHeaders: true });
  return response.ok ? answer : null;
}
