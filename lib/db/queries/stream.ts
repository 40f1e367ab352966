import type { Client } from "@libsql/client";
import { asc, desc, gt, notInArray, sql } from "drizzle-orm";
import { PASSING } from "@/lib/core/base/events";
import type { StreamMessage } from "@/lib/contracts/overview";
import { log } from "@/lib/log";
import type { Db } from "../client";
import { onCommit } from "../commit";
import { streamEvents } from "../schema";

/** How long an event of another process may stay unseen, in ms; this process's own commits wake the tail at once. */
const POLL_MS = 500;
/** Events a page: small enough that reading one does not hold up the process. */
const PAGE = 500;
/** The newest events, kept once for all streams of the process. Who falls further behind reads pages instead. */
const RING = 1_000;

/** The one poller of a database in this process. All streams read from its ring and sleep until it has more. */
interface Tail {
  /** Settles when the tail knows where the table ends. */
  ready: Promise<void>;
  /** Everything up to here has been seen. */
  cursor: number;
  /** The ring holds every event after this one, up to `cursor`. */
  floor: number;
  ring: StreamMessage[];
  followers: number;
  sleepers: Set<() => void>;
  stop: () => void;
}

/** One Next process holds several copies of this module: they share the tails. */
const tails = (): WeakMap<Client, Tail> => {
  const global = globalThis as unknown as Record<symbol, WeakMap<Client, Tail>>;
  return (global[Symbol.for("sentinel.stream")] ??= new WeakMap());
};

/**
 * Every event after `after` in order, each once, then those to come, until `signal` aborts. `after: null` begins with the
 * next event; a sequence that the table never reached (another database) counts as null. One query a poll serves all
 * streams of the process, and none holds a buffer of its own: a reader that is slower than the events falls out of the
 * shared ring and goes on from the table, at its pace. Sequences are given out inside write transactions, one at a time,
 * so that a lower one never appears after a higher one. Throws when a page cannot be read; the reader resumes.
 */
export async function* tailEvents(
  db: Db,
  { after, signal, pollMs = POLL_MS }: { after: number | null; signal: AbortSignal; pollMs?: number },
): AsyncGenerator<StreamMessage, void, undefined> {
  const tail = follow(db, pollMs);
  try {
    await tail.ready;
    let last = after ?? tail.cursor;
    // Another process may have shown the reader events that this one has not polled yet: only the table knows its end.
    if (last > tail.cursor) last = Math.min(last, await newest(db));
    while (!signal.aborted) {
      const seen = tail.cursor;
      const events =
        last >= tail.floor ? tail.ring.filter((event) => event.seq > last) : await listEvents(db, last, PAGE);
      // What lay between was pruned.
      if (events.length === 0) last = Math.max(last, seen);
      for (const event of events) {
        if (signal.aborted) return;
        yield event;
        last = event.seq;
      }
      if (last >= tail.cursor) await more(tail, signal);
    }
  } finally {
    leave(db, tail);
  }
}

/** Events after a sequence, oldest first. */
export async function listEvents(db: Db, after: number, limit: number): Promise<StreamMessage[]> {
  const rows = await db
    .select()
    .from(streamEvents)
    .where(gt(streamEvents.seq, after))
    .orderBy(asc(streamEvents.seq))
    .limit(limit);
  return rows.map(message);
}

/** The newest events, newest first, without those that only pass: what a screen begins with before it follows the stream. */
export async function listNewestEvents(db: Db, limit: number): Promise<StreamMessage[]> {
  const rows = await db
    .select()
    .from(streamEvents)
    .where(notInArray(streamEvents.type, [...PASSING]))
    .orderBy(desc(streamEvents.seq))
    .limit(limit);
  return rows.map(message);
}

const message = (row: typeof streamEvents.$inferSelect): StreamMessage => ({
  seq: row.seq,
  at: row.at,
  type: row.type,
  agent_id: row.agentId,
  service_id: row.serviceId,
  incident_id: row.incidentId,
  text: row.text,
  data: row.data,
});

/** How many streams this process serves on a database. */
export const followers = (db: Db): number => tails().get(db.$client)?.followers ?? 0;

function follow(db: Db, pollMs: number): Tail {
  const known = tails().get(db.$client);
  if (known) {
    known.followers++;
    return known;
  }
  const tail = start(db, pollMs);
  tails().set(db.$client, tail);
  return tail;
}

function leave(db: Db, tail: Tail): void {
  if (--tail.followers > 0) return;
  tail.stop();
  tails().delete(db.$client);
}

function start(db: Db, pollMs: number): Tail {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let reading = false;
  let again = false;

  const tail: Tail = {
    ready: newest(db).then((seq) => {
      tail.cursor = tail.floor = seq;
      void poll();
    }),
    cursor: 0,
    floor: 0,
    ring: [],
    followers: 1,
    sleepers: new Set(),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      forget();
    },
  };

  async function poll(): Promise<void> {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    clearTimeout(timer);
    try {
      do {
        again = false;
        const page = await listEvents(db, tail.cursor, PAGE);
        if (page.length > 0) append(tail, page);
        if (page.length === PAGE) again = true;
      } while (again && !stopped);
    } catch (error) {
      // The next poll tries again; streams meanwhile only wait.
      if (!stopped) log().warn({ err: error }, "the event table could not be read");
    } finally {
      reading = false;
      if (!stopped) timer = setTimeout(() => void poll(), pollMs).unref();
    }
  }

  const forget = onCommit(() => void tail.ready.then(poll, () => undefined));
  // Nobody may be waiting for it any more when it fails; whoever is sees the error.
  tail.ready.catch(() => undefined);
  return tail;
}

function append(tail: Tail, page: StreamMessage[]): void {
  tail.ring.push(...page);
  const surplus = tail.ring.length - RING;
  if (surplus > 0) tail.floor = tail.ring.splice(0, surplus).at(-1)!.seq;
  tail.cursor = page.at(-1)!.seq;
  for (const wake of tail.sleepers) wake();
}

/** Settles when the tail has read on, or the reader has gone. */
function more(tail: Tail, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      tail.sleepers.delete(wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    tail.sleepers.add(wake);
    signal.addEventListener("abort", wake);
    if (signal.aborted) wake();
  });
}

async function newest(db: Db): Promise<number> {
  const [row] = await db.select({ seq: sql<number | null>`max(${streamEvents.seq})` }).from(streamEvents);
  return row?.seq ?? 0;
}
