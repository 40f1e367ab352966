import { and, asc, eq, isNull, lte, or, sql } from "drizzle-orm";
import { type By, done } from "../audit";
import { type Db, type Statement, write } from "../client";
import { commit } from "../commit";
import { approvals, proposals, slackAccounts, slackClicks, slackMessages, users } from "../schema";
import { findIncident, type Incident } from "./incidents";
import { listTold } from "./notifications";
import type { UserRow } from "./users";

export type SlackMessage = typeof slackMessages.$inferSelect;
export type SlackAccount = typeof slackAccounts.$inferSelect;

export async function findSlackMessage(db: Db, channelId: string, incidentId: string): Promise<SlackMessage | null> {
  const where = and(eq(slackMessages.channelId, channelId), eq(slackMessages.incidentId, incidentId));
  const [row] = await db.select().from(slackMessages).where(where);
  return row ?? null;
}

/** Messages at a place in Slack, of whichever channel. IDs are those of one workspace: another's may be the same. */
export const listSlackMessagesAt = (db: Db, conversation: string, ts: string): Promise<SlackMessage[]> =>
  db
    .select()
    .from(slackMessages)
    .where(and(eq(slackMessages.conversation, conversation), eq(slackMessages.ts, ts)));

/** The message that stands for an incident from now on. */
export const saveSlackMessage = (db: Db, row: typeof slackMessages.$inferInsert): Statement =>
  db
    .insert(slackMessages)
    .values(row)
    .onConflictDoUpdate({ target: [slackMessages.channelId, slackMessages.incidentId], set: row });

const at = ({ channelId, incidentId, ts }: SlackMessage) =>
  and(eq(slackMessages.channelId, channelId), eq(slackMessages.incidentId, incidentId), eq(slackMessages.ts, ts));

/** Messages of a channel whose incident has had an event since they were last rendered, other than that it could not be told; those that failed least first. */
export const listSlackMessagesBehind = (
  db: Db,
  channelId: string,
  now: number,
  limit: number,
): Promise<SlackMessage[]> =>
  db
    .select()
    .from(slackMessages)
    .where(
      and(
        eq(slackMessages.channelId, channelId),
        sql`${slackMessages.final} = 0`,
        or(isNull(slackMessages.claimedUntil), lte(slackMessages.claimedUntil, now)),
        sql`EXISTS (SELECT 1 FROM stream_events e WHERE e.incident_id = ${slackMessages.incidentId} AND e.seq > ${slackMessages.seenSeq} AND e.type <> 'channel.failed')`,
      ),
    )
    .orderBy(asc(slackMessages.failures), asc(slackMessages.createdAt))
    .limit(limit);

/** Takes a message to edit until `until`; false when another process has it. */
export async function claimSlackMessage(db: Db, row: SlackMessage, until: number, now: number): Promise<boolean> {
  const free = or(isNull(slackMessages.claimedUntil), lte(slackMessages.claimedUntil, now));
  const [claimed] = await write(db, [
    db
      .update(slackMessages)
      .set({ claimedUntil: until })
      .where(and(at(row), eq(slackMessages.seenSeq, row.seenSeq), free)),
  ]);
  return claimed!.rowsAffected === 1;
}

/** What a message shows now, or until when it is left alone; nothing if it was marked to be edited anew meanwhile. */
export const setSlackMessage = (
  db: Db,
  row: SlackMessage,
  set: Partial<Pick<SlackMessage, "seenSeq" | "shown" | "final" | "claimedUntil" | "failures">>,
): Statement =>
  db
    .update(slackMessages)
    .set(set)
    .where(and(at(row), eq(slackMessages.seenSeq, row.seenSeq)));

/** Forgets a message that is gone from Slack. */
export const dropSlackMessage = (db: Db, row: SlackMessage): Statement => db.delete(slackMessages).where(at(row));

/** What a message says of an incident, as of its newest event `seq`. */
export interface IncidentNow {
  seq: number;
  incident: Incident;
  /** What it is called now. */
  title: string;
  subjects: string[];
  /** Of the last event that paged. */
  pageText: string | null;
  /** Newest first. */
  approvals: { approval: typeof approvals.$inferSelect; proposal: typeof proposals.$inferSelect }[];
}

/** Approvals of one incident that are looked at: the pending ones are the newest. */
const APPROVALS = 20;

/** An incident as it is; null: there is none of this ID. The event number is read first: what happens meanwhile counts as newer. */
export async function readIncidentNow(db: Db, id: string): Promise<IncidentNow | null> {
  const [newest] = await db.all<{ seq: number | null }>(
    sql`SELECT max(seq) AS seq FROM stream_events WHERE incident_id = ${id}`,
  );
  const incident = await findIncident(db, id);
  if (!incident) return null;
  const told = (await listTold(db, [id])).get(id);
  const [page] = await db.all<{ text: string }>(
    sql`SELECT text FROM stream_events WHERE incident_id = ${id} AND data ->> 'page' ORDER BY seq DESC LIMIT 1`,
  );
  const asked = await db
    .select({ approval: approvals, proposal: proposals })
    .from(approvals)
    .innerJoin(proposals, eq(proposals.id, approvals.proposalId))
    .where(eq(approvals.incidentId, id))
    .orderBy(sql`${approvals.requestedAt} DESC, ${approvals.id}`)
    .limit(APPROVALS);
  const subjects = [...(told?.services ?? []), ...(told?.agentIds ?? [])];
  return {
    seq: newest?.seq ?? 0,
    incident,
    title: told?.title ?? incident.title,
    subjects,
    pageText: page?.text ?? null,
    approvals: asked,
  };
}

/** Takes a click; false when it was taken before. */
export async function claimClick(db: Db, key: string, now: number): Promise<boolean> {
  const [taken] = await write(db, [db.insert(slackClicks).values({ key, at: now }).onConflictDoNothing()]);
  return taken!.rowsAffected === 1;
}

export async function setClickAnswer(db: Db, key: string, answer: string): Promise<void> {
  await write(db, [db.update(slackClicks).set({ answer }).where(eq(slackClicks.key, key))]);
}

/** A click that was taken before; null: none, or it was so long ago that it is forgotten. */
export async function findClick(db: Db, key: string): Promise<{ at: number; answer: string | null } | null> {
  const [row] = await db.select().from(slackClicks).where(eq(slackClicks.key, key));
  return row ?? null;
}

export const listSlackAccounts = (db: Db): Promise<SlackAccount[]> =>
  db.select().from(slackAccounts).orderBy(asc(slackAccounts.createdAt), asc(slackAccounts.id));

/** Whose account a person in Slack acts as, as it is now; null: nobody has linked them. */
export async function findSlackPerson(db: Db, teamId: string, slackUserId: string): Promise<UserRow | null> {
  const [row] = await db
    .select({ user: users })
    .from(slackAccounts)
    .innerJoin(users, eq(users.id, slackAccounts.userId))
    .where(and(eq(slackAccounts.teamId, teamId), eq(slackAccounts.slackUserId, slackUserId)));
  return row?.user ?? null;
}

/** Links a person in Slack to an account that exists. False when they are linked already, or there is no such account. */
export async function insertSlackAccount(db: Db, row: SlackAccount, by: By): Promise<boolean> {
  const { id, teamId, slackUserId, userId, createdBy, createdAt } = row;
  const link = {
    sql: `INSERT INTO slack_accounts (id, team_id, slack_user_id, user_id, created_by, created_at)
          SELECT ?, ?, ?, id, ?, ? FROM users WHERE id = ? ON CONFLICT DO NOTHING`,
    args: [id, teamId, slackUserId, createdBy, createdAt, userId],
  };
  const made = done(createdAt, by, "user.link_slack", "user", userId, { team_id: teamId, slack_user_id: slackUserId });
  return (await commit(db, { claims: [link], done: [made] })) !== null;
}

/** Ends a link. False when there is none of this ID. */
export async function deleteSlackAccount(db: Db, id: string, by: By, now: number): Promise<boolean> {
  const [row] = await db.select().from(slackAccounts).where(eq(slackAccounts.id, id));
  if (!row) return false;
  const { teamId, slackUserId, userId } = row;
  const ended = done(now, by, "user.unlink_slack", "user", userId, { team_id: teamId, slack_user_id: slackUserId });
  return (
    (await commit(db, {
      claims: [db.delete(slackAccounts).where(eq(slackAccounts.id, id))],
      done: [ended],
    })) !== null
  );
}
