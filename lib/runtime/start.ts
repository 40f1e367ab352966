import { setupLink } from "@/lib/auth/links";
import { getDb } from "@/lib/db/client";
import { onCommit } from "@/lib/db/commit";
import { migrateDb } from "@/lib/db/migrate";
import { writeOnThread } from "@/lib/db/write-thread";
import { env } from "@/lib/env";
import { loadHooks } from "@/lib/ingest/hooks/ask";
import { exitAfterShutdown, onShutdown } from "@/lib/shutdown";
import { log } from "@/lib/log";
import { metrics } from "@/lib/metrics";
import { onWake } from "@/lib/wake";
import { keepBook } from "@/lib/response/budgets/book";
import { countOpened } from "./count-opened";
import { processIntegrations } from "./integrations";
import { stopLoops, wakeHere } from "./loops";
import { spawnSweeper } from "./sweeper-process";
import { startTelemetry } from "./telemetry";

/**
 * Brings a server process up: environment, database, migrations, the sweeper. What fails here ends the process, since a
 * server that answers 500 to everything looks alive and is not.
 */
export async function start(): Promise<void> {
  try {
    const { LIBSQL_URL, SQLITE_SYNC, SENTINEL_URL, PORT, SWEEPER_ENABLED } = env();
    const db = await getDb();
    await migrateDb(db);
    if (LIBSQL_URL.startsWith("file:")) writeOnThread(db, { url: LIBSQL_URL, sync: SQLITE_SYNC });
    await startTelemetry();
    // A wrong allow-list must not be found out in the middle of an incident.
    await processIntegrations();
    // What stands holds from the first hook on.
    await loadHooks(db);
    exitAfterShutdown();
    onCommit((events) => metrics().incidentsOpened.inc(countOpened(events)));
    if (SWEEPER_ENABLED) {
      const sweeper = spawnSweeper();
      onWake(sweeper.wake);
      onShutdown(sweeper.stop);
    } else {
      // What a request begins goes on here, without waiting for the next call of the cron.
      onWake(wakeHere);
      onShutdown(stopLoops);
    }
    onShutdown(await keepBook(db));
    const link = await setupLink(db, SENTINEL_URL ?? `http://localhost:${PORT}`, Date.now());
    if (link) process.stdout.write(`\nNo account yet. Set up the first one here (once, within a day): ${link.url}\n\n`);
  } catch (err) {
    log().fatal({ err }, "could not start");
    process.exit(1);
  }
}
