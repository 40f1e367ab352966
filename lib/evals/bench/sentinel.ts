import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { sql } from "drizzle-orm";
import { openDb } from "@/lib/db/client";
import { childEnv } from "@/lib/env";
import { serve } from "./serve";

const CLI = "lib/sentinel.mjs";
const CLI_MS = 30_000;
const LOOK_EVERY_MS = 20;
const CATCH_UP_MS = 120_000;

/**
 * The built Sentinel on a database of its own, with a key to report everything with. `settings` are further environment variables,
 * `checkout` is where its build lies. `stop` removes everything.
 */
export async function startSentinel(nextBin: string, settings: Record<string, string> = {}, checkout = ".") {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-bench-"));
  const url = `file:${join(folder, "sentinel.db")}`;
  // The rate limit of a key guards against a host gone wild, which is what this looks like.
  const env = { LIBSQL_URL: url, KEY_EVENTS_PER_SECOND: "10000000", KEY_BYTES_PER_SECOND: "10000000000", ...settings };
  const server = await serve(nextBin, ".", { path: "/readyz", method: "GET" }, env, checkout);
  const db = await openDb({ url });
  const key = await createKey(env);
  return {
    server,
    key,
    db,
    stop: async () => {
      db.$client.close();
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
export type SentinelServer = Awaited<ReturnType<typeof startSentinel>>;

async function createKey(env: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [CLI, "keys", "create", "--name", "bench", "--scopes", "events,changes,logs", "--services", "*", "--json"],
    { env: childEnv(env), timeout: CLI_MS },
  );
  return (JSON.parse(stdout) as { secret: string }).secret;
}

/** Resolves when every stored event has been judged: each shard's cursor has passed its newest event. */
export async function caughtUp({ db }: SentinelServer): Promise<void> {
  const until = Date.now() + CATCH_UP_MS;
  for (;;) {
    const [row] = await db.all<{ waiting: number }>(sql`
      SELECT EXISTS (SELECT 1 FROM agent_events e JOIN shards s ON s.id = e.shard
        WHERE e.seq > (SELECT min(cursor) FROM shards) AND e.seq > s.cursor) AS waiting`);
    if (row?.waiting === 0) return;
    if (Date.now() > until) throw new Error("The sweep did not catch up");
    await wait(LOOK_EVERY_MS);
  }
}

/** Mean size of the detectors as they are stored, in bytes, and how many there are. */
export async function detectors({ db }: SentinelServer): Promise<{ count: number; bytes: number }> {
  const [row] = await db.all<{ count: number; bytes: number | null }>(
    sql`SELECT count(*) AS count, avg(length(state)) AS bytes FROM detector_states`,
  );
  return { count: row?.count ?? 0, bytes: row?.bytes ?? 0 };
}

/** Incidents there are: healthy traffic makes none, and each would cost work that is not meant to be measured. */
export async function incidents({ db }: SentinelServer): Promise<number> {
  const [row] = await db.all<{ n: number }>(sql`SELECT count(*) AS n FROM incidents`);
  return row?.n ?? 0;
}

/** Seconds spent in sweeps so far, by the server's own metrics. */
export async function sweepSeconds({ server }: SentinelServer): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^sentinel_sweep_seconds_sum (\S+)$/m.exec(text)?.[1] ?? Number.NaN);
}
