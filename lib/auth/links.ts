import { randomUUID } from "node:crypto";
import type { LinkBody, LinkCheckAnswer } from "@/lib/contracts/auth";
import type { Role } from "@/lib/core/base/vocabulary";
import { type By, done, SENTINEL } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findUsableLink, insertLink, type LinkRow, removeExpired, useLink } from "@/lib/db/queries/links";
import { countUsers, findUser, findUserByEmail, newPassword, newUser } from "@/lib/db/queries/users";
import { type FieldError, SentinelError } from "@/lib/errors";
import { hashPassword, type Person, personOf, type SignedIn, signIn } from "./people";
import { hashToken, newToken } from "./token";

const HOUR = 3_600_000;
/** A set-up link is printed where only the operator reads it; an invitation travels by mail; a sign-in link is used at once. */
const LIFETIME_MS = { setup: 24 * HOUR, invite: 72 * HOUR, sign_in: HOUR } as const;

export interface Link {
  url: string;
  expiresAt: number;
}

/** The token stands behind `#`, so that it is in no log, no Referer, and no mail scanner's visit uses it up. */
const urlOf = (origin: string, page: "setup" | "sign-in", token: string) => `${origin}/${page}#token=${token}`;

async function create(
  db: Db,
  row: Pick<LinkRow, "kind" | "createdBy"> & Partial<LinkRow>,
  by: By,
  origin: string,
  now: number,
) {
  const token = newToken("snl");
  const expiresAt = now + LIFETIME_MS[row.kind];
  await removeExpired(db, now);
  const { kind, email, role } = row;
  const made = done(
    now,
    by,
    kind === "invite" ? "user.invite" : "user.make_link",
    "user",
    row.userId ?? email ?? kind,
    {
      kind,
      email,
      role,
      expires_at: expiresAt,
    },
  );
  await insertLink(db, { ...row, tokenHash: hashToken(token), createdAt: now, expiresAt }, made);
  return { url: urlOf(origin, row.kind === "sign_in" ? "sign-in" : "setup", token), expiresAt };
}

/** The link that makes the first account, an admin; null when there is an account. Each call makes another one. */
export async function setupLink(db: Db, origin: string, now: number): Promise<Link | null> {
  if ((await countUsers(db)) > 0) return null;
  return create(db, { kind: "setup", role: "admin", createdBy: "sentinel" }, SENTINEL, origin, now);
}

/** A link by which a new person makes their account. Throws `conflict` when the email has one. */
export async function inviteLink(
  db: Db,
  { by, ...invitation }: { email: string; role: Role; createdBy: string; by?: By },
  origin: string,
  now: number,
): Promise<Link> {
  if (await findUserByEmail(db, invitation.email)) throw emailTaken();
  return create(db, { kind: "invite", ...invitation }, by ?? { id: invitation.createdBy }, origin, now);
}

/** A link that signs a person in, once. Throws `not_found`. */
export async function signInLink(
  db: Db,
  userId: string,
  createdBy: string,
  origin: string,
  now: number,
  by: By = { id: createdBy },
): Promise<Link> {
  if (!(await findUser(db, userId))) throw new SentinelError("not_found", { detail: "User not found." });
  return create(db, { kind: "sign_in", userId, createdBy }, by, origin, now);
}

/** What a link is for. Throws `gone` for one that was used, has expired or never was: which of them is not told. */
export async function checkLink(db: Db, token: string, now: number): Promise<LinkCheckAnswer> {
  const link = await usable(db, token, now);
  const person = link.userId ? await findUser(db, link.userId) : null;
  return {
    kind: link.kind,
    email: person?.email ?? link.email,
    role: person?.role ?? link.role ?? "viewer",
    expires_at: link.expiresAt,
  };
}

/**
 * Uses a link up: of any number that try at once, one succeeds. The account, where one is made, and the use of the link
 * are one transaction. Throws `gone`, `invalid` (something the kind of link needs is missing), `conflict` (email taken).
 *
 * @returns the person, and the headers that sign them in
 */
export async function redeemLink(db: Db, body: LinkBody, headers: Headers, now: number): Promise<SignedIn> {
  const link = await usable(db, body.token, now);
  const person =
    link.kind === "sign_in"
      ? await redeemSignIn(db, link, body.password, now)
      : await redeemAccount(db, link, body, now);
  const cookies = await signIn(person.id, headers);
  if (!cookies) throw gone();
  return { person, cookies };
}

async function redeemSignIn(db: Db, link: LinkRow, password: string | undefined, now: number): Promise<Person> {
  const person = link.userId ? await findUser(db, link.userId) : null;
  if (!person) throw gone();
  const writes = password ? newPassword(db, person.id, await hashPassword(password), now) : [];
  const signedIn = [
    ...(password ? [done(now, person, "user.change_password", "user", person.id, { how: "link" })] : []),
    done(now, person, "user.sign_in", "user", person.id, { how: "link", link_by: link.createdBy }),
  ];
  if (!(await commit(db, { claims: [useLink(db, link, now)], writes, done: signedIn }))) throw gone();
  return personOf(person);
}

async function redeemAccount(db: Db, link: LinkRow, body: LinkBody, now: number): Promise<Person> {
  const email = link.email ?? body.email;
  const { name, password } = body;
  if (!email || !name || !password) {
    const needed = { email, name, password };
    throw missing(Object.entries(needed).flatMap(([field, value]) => (value ? [] : [field])));
  }
  const person: Person = { id: randomUUID(), name, email, role: link.role ?? "viewer" };
  const passwordHash = await hashPassword(password);
  if (await findUserByEmail(db, email)) {
    // Perhaps by this very link, a moment ago.
    await usable(db, body.token, now);
    throw emailTaken();
  }
  const won = await commit(db, {
    claims: [useLink(db, link, now)],
    writes: newUser(db, { ...person, passwordHash }, now),
    done: [
      done(now, person, "user.create", "user", person.id, { email, role: person.role, link_by: link.createdBy }),
      done(now, person, "user.sign_in", "user", person.id, { how: "link" }),
    ],
  });
  if (!won) throw gone();
  return person;
}

async function usable(db: Db, token: string, now: number): Promise<LinkRow> {
  const link = await findUsableLink(db, hashToken(token), now);
  if (!link) throw gone();
  return link;
}

const gone = () => new SentinelError("gone", { detail: "This link is invalid, expired or already used." });
const emailTaken = () =>
  new SentinelError("conflict", {
    detail: "An account with this email already exists.",
    fields: [{ field: "email", reason: "taken" }],
  });

function missing(names: string[]): SentinelError {
  const fields: FieldError[] = names.map((field) => ({ field, reason: "required for this link" }));
  return new SentinelError("invalid", {
    detail: `This link requires these fields in the body: ${names.join(", ")}.`,
    fields,
  });
}
