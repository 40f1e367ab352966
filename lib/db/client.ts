import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient, type InStatement, LibsqlError, type ResultSet } from "@libsql/client";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { env } from "@/lib/env";
import { type Done, writeDone } from "./audit";
import * as schema from "./schema";

export type Db = LibSQLDatabase<typeof schema> & { $client: Client };

/** A drizzle query that has not been run, or SQL with its arguments; and what the audit log says of it. */
export type Statement = ({ toSQL(): { sql: string; params: unknown[] } } | { sql: string; args: unknown[] }) & {
  done?: readonly Done[];
};

/** How long a write waits for another process that holds the file, in ms. */
const BUSY_TIMEOUT_MS = 5_000;
/** Pages of 4 KB that the log may hold before it is worked into the file: detectors are rewritten at every sweep, and most of their pages never have to go there. */
const LOG_PAGES = 16_000;
/** The page cache, in KB (SQLite takes it as a negative number): with the default 2 MB the indexes of a busy day do not fit. */
const CACHE_KB = 65_536;
/** Groups larger than this would make one transaction so long that readers of the file notice. */
const MAX_GROUPED_STATEMENTS = 64;

type Job = {
  statements: InStatement[];
  done: Done[];
  grouped: boolean;
  resolve: (results: ResultSet[]) => void;
  reject: (error: unknown) => void;
};

/** One queue a client for the whole process: one Next process holds several copies of this module. */
const queues = (): WeakMap<Client, Job[]> => {
  const global = globalThis as unknown as Record<symbol, WeakMap<Client, Job[]>>;
  return (global[Symbol.for("sentinel.writes")] ??= new WeakMap());
};

function compile(statement: Statement): InStatement {
  if ("toSQL" in statement) {
    const { sql, params } = statement.toSQL();
    return { sql, args: params as never };
  }
  return { sql: statement.sql, args: statement.args as never };
}

/**
 * The only way to write: all statements of one call in one transaction, one call after another in this process.
 * Resolves with one result a statement after the commit; rejects with the database's error and nothing written.
 * What statements say was done is written to the audit log in the same transaction, if all of it is.
 * `grouped` calls (plain appends) may share a transaction with their neighbours; if the shared one fails each is run alone.
 */
export function write(db: Db, statements: Statement[], options: { grouped?: boolean } = {}): Promise<ResultSet[]> {
  const client = db.$client;
  return new Promise((resolve, reject) => {
    const job: Job = {
      statements: statements.map(compile),
      done: statements.flatMap(({ done }) => done ?? []),
      grouped: options.grouped ?? false,
      resolve,
      reject,
    };
    const queue = queues().get(client);
    if (queue) {
      queue.push(job);
      return;
    }
    const fresh = [job];
    queues().set(client, fresh);
    void drain(client, fresh);
  });
}

async function drain(client: Client, queue: Job[]): Promise<void> {
  // One turn of the event loop, so that requests that arrive together are committed together.
  await new Promise((done) => setImmediate(done));
  while (queue.length > 0) {
    const jobs = take(queue);
    const results = await runTogether(client, jobs);
    if (!results) for (const job of jobs) await runTogether(client, [job]);
  }
  queues().delete(client);
}

function take(queue: Job[]): Job[] {
  const jobs = queue.splice(0, 1);
  let size = jobs[0]?.statements.length ?? 0;
  while (jobs[0]?.grouped && queue[0]?.grouped && size + queue[0].statements.length <= MAX_GROUPED_STATEMENTS) {
    const next = queue.shift()!;
    size += next.statements.length;
    jobs.push(next);
  }
  return jobs;
}

/** Runs the jobs as one transaction. False when a group failed and each has to be tried alone. */
async function runTogether(client: Client, jobs: Job[]): Promise<boolean> {
  try {
    const batch = writers().get(client) ?? ((statements) => batchHere(client, statements));
    const statements = jobs.flatMap((job) => job.statements);
    const done = jobs.flatMap((job) => job.done);
    const results = await (done.length === 0
      ? batch(statements)
      : writeDone(client, done, (entries) => batch([...statements, ...entries])));
    let from = 0;
    for (const job of jobs) {
      job.resolve(results.slice(from, from + job.statements.length));
      from += job.statements.length;
    }
    return true;
  } catch (error) {
    if (jobs.length > 1) return false;
    jobs[0]?.reject(error);
    return true;
  }
}

/** Runs statements as one transaction and resolves once it is committed. */
type Batch = (statements: InStatement[]) => Promise<ResultSet[]>;

/** Who writes in place of this thread, by client; one for the process, as the queues are. */
const writers = (): WeakMap<Client, Batch> => {
  const global = globalThis as unknown as Record<symbol, WeakMap<Client, Batch>>;
  return (global[Symbol.for("sentinel.writers")] ??= new WeakMap());
};

/** Has somebody else carry out this client's writes; null: this thread does again. */
export function writeBy(client: Client, batch: Batch | null): void {
  if (batch) writers().set(client, batch);
  else writers().delete(client);
}

/** One transaction, on this thread. */
export async function batchHere(client: Client, statements: InStatement[]): Promise<ResultSet[]> {
  try {
    return await client.batch(statements, "write");
  } catch (error) {
    // Where that fails too, the next write says why.
    if (isBusy(error)) await renew(client).catch(() => undefined);
    throw error;
  }
}

const isBusy = (error: unknown): boolean => error instanceof LibsqlError && error.code.startsWith("SQLITE_BUSY");

/** What every connection to a local file is told, by client; one for the process, as the queues are. */
const tunings = (): WeakMap<Client, string[]> => {
  const global = globalThis as unknown as Record<symbol, WeakMap<Client, string[]>>;
  return (global[Symbol.for("sentinel.tunings")] ??= new WeakMap());
};

async function tune(client: Client): Promise<void> {
  for (const pragma of tunings().get(client) ?? []) await client.execute(`PRAGMA ${pragma}`);
}

/**
 * A fresh connection. The driver leaves a BEGIN that waited in vain unfinished: until it is collected as garbage the
 * connection reads what was true then, and every write on it fails at once.
 */
async function renew(client: Client): Promise<void> {
  if (!tunings().has(client)) return;
  client.reconnect();
  await tune(client);
}

/** Opens a database and sets what libSQL leaves at unsafe or slow defaults. Does not migrate. */
export async function openDb(options: { url: string; authToken?: string; sync?: "NORMAL" | "FULL" }): Promise<Db> {
  const local = options.url.startsWith("file:");
  if (local) mkdirSync(dirname(filePath(options.url)), { recursive: true });
  const client = createClient({
    url: options.url,
    ...(options.authToken ? { authToken: options.authToken } : {}),
    ...(local ? { concurrency: 1, timeout: BUSY_TIMEOUT_MS } : {}),
  });
  if (local) {
    // auto_vacuum only takes effect before the first table exists.
    await client.execute("PRAGMA auto_vacuum = INCREMENTAL");
    await client.execute("PRAGMA journal_mode = WAL");
    tunings().set(client, [
      `synchronous = ${options.sync ?? "NORMAL"}`,
      "journal_size_limit = 67108864",
      `wal_autocheckpoint = ${LOG_PAGES}`,
      `cache_size = -${CACHE_KB}`,
    ]);
    await tune(client);
  }
  return drizzle(client, { schema, casing: "snake_case" });
}

function filePath(url: string): string {
  return url.startsWith("file://") ? fileURLToPath(url) : url.slice("file:".length);
}

type Shared = { db?: Promise<Db> };
const shared = (): Shared => {
  const key = Symbol.for("sentinel.db");
  const global = globalThis as unknown as Record<symbol, Shared>;
  return (global[key] ??= {});
};

/** This process's database, opened on first use. One Next process holds several copies of this module: they share it. */
export function getDb(): Promise<Db> {
  const { LIBSQL_URL, LIBSQL_AUTH_TOKEN, SQLITE_SYNC } = env();
  return (shared().db ??= openDb({
    url: LIBSQL_URL,
    authToken: LIBSQL_AUTH_TOKEN,
    sync: SQLITE_SYNC,
  }));
}

/** Closes this process's database, if it was opened. */
export async function closeDb(): Promise<void> {
  const { db } = shared();
  delete shared().db;
  if (db) (await db).$client.close();
}
