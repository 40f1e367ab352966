import { and, asc, count, eq, exists, ne, or, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { Role } from "@/lib/core/base/vocabulary";
import { type By, done } from "../audit";
import type { Db, Statement } from "../client";
import { commit } from "../commit";
import { accounts, sessions, slackAccounts, users } from "../schema";

export type UserRow = typeof users.$inferSelect;

export const listUsers = (db: Db): Promise<UserRow[]> =>
  db.select().from(users).orderBy(asc(users.createdAt), asc(users.id));

export async function countUsers(db: Db): Promise<number> {
  const [row] = await db.select({ n: count() }).from(users);
  return row?.n ?? 0;
}

export async function findUser(db: Db, id: string): Promise<UserRow | null> {
  const [row] = await db.select().from(users).where(eq(users.id, id));
  return row ?? null;
}

/** @param email in lower case, as it is kept */
export async function findUserByEmail(db: Db, email: string): Promise<UserRow | null> {
  const [row] = await db.select().from(users).where(eq(users.email, email));
  return row ?? null;
}

export interface NewUser {
  id: string;
  name: string;
  /** In lower case. */
  email: string;
  role: Role;
  /** Left out: the account opens by one-time links only. */
  passwordHash?: string | undefined;
}

/** The statements that make an account, for the caller's transaction. They fail on an email that is taken. */
export function newUser(db: Db, user: NewUser, now: number): Statement[] {
  const at = new Date(now);
  const { id, name, email, role, passwordHash } = user;
  const account = {
    id: `cred_${id}`,
    accountId: id,
    providerId: "credential",
    userId: id,
    createdAt: at,
    updatedAt: at,
  };
  return [
    db.insert(users).values({ id, name, email, role, emailVerified: true, createdAt: at, updatedAt: at }),
    ...(passwordHash ? [db.insert(accounts).values({ ...account, password: passwordHash })] : []),
  ];
}

/** The statements that give a person a password (their first, or a new one) and end their sessions. */
export function newPassword(db: Db, userId: string, passwordHash: string, now: number): Statement[] {
  const at = new Date(now);
  const account = { id: `cred_${userId}`, accountId: userId, providerId: "credential", userId, createdAt: at };
  return [
    db
      .insert(accounts)
      .values({ ...account, password: passwordHash, updatedAt: at })
      .onConflictDoUpdate({ target: accounts.id, set: { password: passwordHash, updatedAt: at } }),
    db.delete(sessions).where(eq(sessions.userId, userId)),
  ];
}

/** True of a row that may lose its admin role: it has none, or another admin remains. */
function notTheLastAdmin(db: Db) {
  const others = alias(users, "others");
  const another = db
    .select({ one: sql`1` })
    .from(others)
    .where(and(eq(others.role, "admin"), ne(others.id, users.id)));
  return or(ne(users.role, "admin"), exists(another));
}

/** Gives a person another role. False when there is no such person, or the last admin would be gone. */
export async function setRole(db: Db, id: string, role: Role, by: By, now: number): Promise<boolean> {
  const before = await findUser(db, id);
  if (before === null) return false;
  const may = role === "admin" ? undefined : notTheLastAdmin(db);
  const change = db
    .update(users)
    .set({ role, updatedAt: new Date(now) })
    .where(and(eq(users.id, id), may));
  const changed = done(now, by, "user.change_role", "user", id, {
    email: before.email,
    before: before.role,
    after: role,
  });
  return (await commit(db, { claims: [change], done: [changed] })) !== null;
}

/** Removes a person with their sessions and links. False when there is no such person, or it is the last admin. */
export async function removeUser(db: Db, id: string, by: By, now: number): Promise<boolean> {
  const before = await findUser(db, id);
  if (before === null) return false;
  const { email, name, role } = before;
  const gone = db.delete(users).where(and(eq(users.id, id), notTheLastAdmin(db)));
  const writes = [
    // The schema cascades; a server that does not enforce foreign keys must not leave a session alive either.
    db
      .delete(sessions)
      .where(and(eq(sessions.userId, id), sql`NOT EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${id})`)),
    db
      .delete(accounts)
      .where(and(eq(accounts.userId, id), sql`NOT EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${id})`)),
    // Nor somebody in Slack who acts as an account that is gone.
    db
      .delete(slackAccounts)
      .where(and(eq(slackAccounts.userId, id), sql`NOT EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${id})`)),
  ];
  const links = await db
    .select()
    .from(slackAccounts)
    .where(eq(slackAccounts.userId, id))
    .orderBy(asc(slackAccounts.teamId), asc(slackAccounts.slackUserId));
  const slack = links.map(({ teamId, slackUserId }) => ({ team_id: teamId, slack_user_id: slackUserId }));
  const removed = done(now, by, "user.delete", "user", id, {
    email,
    name,
    role,
    ...(slack.length > 0 ? { slack } : {}),
  });
  return (await commit(db, { claims: [gone], writes, done: [removed] })) !== null;
}
