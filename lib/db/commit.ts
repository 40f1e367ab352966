import { LibsqlBatchError, type ResultSet } from "@libsql/client";
import type { OwnAct } from "@/lib/core/base/audit-acts";
import type { EventData, EventType } from "@/lib/core/base/events";
import { type By, type Done, doneIn } from "./audit";
import { type Db, type Statement, write } from "./client";
import { streamEvents } from "./schema";

interface About {
  at: number;
  agentId?: string | null;
  serviceId?: string | null;
  incidentId?: string | null;
  /** Shown to people as it is. */
  text: string;
  /** For the audit log alone: what was done, and by whom, where type and data do not say it. */
  act?: { action?: OwnAct; by?: By };
}
/** Data of which nothing is required may be left out. */
type Data<D> = Partial<D> extends D ? { data?: D } : { data: D };

/** What a state change tells the world: one of the declared events, with its data. */
export type StreamEvent = { [T in EventType]: About & { type: T } & Data<EventData<T>> }[EventType];

export interface Change {
  /** Conditional updates or inserts: each must change at least one row, else nothing of the commit is written. */
  claims: Statement[];
  writes?: Statement[];
  events?: StreamEvent[];
  /** What the audit log says of it, besides what the events say. */
  done?: Done[];
}

/** Behind a statement: its whole transaction fails unless that changed something, or as many rows as `rows` where it says so. */
export const guard = (rows?: number): Statement =>
  rows === undefined
    ? { sql: "INSERT INTO commit_guard (changed) VALUES (changes())", args: [] }
    : { sql: "INSERT INTO commit_guard (changed) VALUES (changes() = ?)", args: [rows] };
/** Behind the last guard of a transaction. */
export const CLEAR_GUARDS: Statement = { sql: "DELETE FROM commit_guard", args: [] };

/** Whether a transaction failed by a guard: what it claimed had been changed meanwhile. */
export const isClaimLost = (error: unknown): error is LibsqlBatchError =>
  error instanceof LibsqlBatchError && /CHECK constraint failed: claim_won/i.test(error.message);

/**
 * A state change and its events as one transaction. Behind each claim stands a guard row whose check fails when the claim
 * changed nothing, which rolls everything back: a lost claim writes nothing, and the other statements stay ordinary ones.
 *
 * @returns the results of the claims when won, null when another won (the caller says so; it is not an error).
 */
export async function commit(db: Db, change: Change): Promise<ResultSet[] | null> {
  const statements = [
    ...change.claims.flatMap((claim) => [claim, guard()]),
    ...(change.writes ?? []),
    ...(change.events?.length ? [eventsInsert(db, change.events)] : []),
    { ...CLEAR_GUARDS, done: change.done ?? [] },
  ];
  try {
    const results = await write(db, statements);
    wakeTails(change.events);
    return change.claims.map((_, index) => results[index * 2]!);
  } catch (error) {
    if (isLostClaim(error, change.claims.length)) return null;
    throw error;
  }
}

/** Writes to the audit log what is done elsewhere than in this database, or changes nothing in it: a sign-in, a drill, an export. */
export async function record(db: Db, one: Done): Promise<void> {
  await commit(db, { claims: [], done: [one] });
}

/**
 * The events of a change as one insert, for callers that build a larger transaction of their own. Acts among them go into the audit
 * log with it.
 */
export function eventsInsert(db: Db, events: StreamEvent[]): Statement {
  const insert = db.insert(streamEvents).values(
    events.map((event) => ({
      at: event.at,
      type: event.type,
      agentId: event.agentId ?? null,
      serviceId: event.serviceId ?? null,
      incidentId: event.incidentId ?? null,
      text: event.text,
      data: event.data ?? {},
    })),
  );
  const { sql, params } = insert.toSQL();
  return { sql, args: params, done: events.flatMap((event) => doneIn(event) ?? []) };
}

/** Whether it was one of the claims: they come first, each with its guard. */
const isLostClaim = (error: unknown, claims: number): boolean =>
  isClaimLost(error) && error.statementIndex % 2 === 1 && error.statementIndex < claims * 2;

/** Told the events of a commit of this process; none for one of another process. */
type Waker = (events: readonly StreamEvent[]) => void;
type Wakers = Set<Waker>;
const wakers = (): Wakers => {
  const global = globalThis as unknown as Record<symbol, Wakers>;
  return (global[Symbol.for("sentinel.tails")] ??= new Set());
};

/** Calls back after every commit of this process, so that streams need not wait for their poll. Returns the way out. */
export function onCommit(wake: Waker): () => void {
  wakers().add(wake);
  return () => wakers().delete(wake);
}

/** Calls everybody of `onCommit`: after a commit of this process, or of one that tells of its commits (without its events). */
export function wakeTails(events: readonly StreamEvent[] = []): void {
  for (const wake of wakers()) wake(events);
}
