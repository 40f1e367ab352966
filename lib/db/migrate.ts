import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { migrate } from "drizzle-orm/libsql/migrator";
import type { Db } from "./client";

/** A starter that dies holding the lease keeps the next one waiting no longer than this, in ms. */
const LEASE_MS = 60_000;
/** How often a waiting starter looks again, in ms. */
const RETRY_MS = 100;

/**
 * Brings the schema up to date. Under a lease, so that of several starters one migrates and the others wait for it; the
 * lease has a table of its own because it must exist before the first migration. Throws when the lease cannot be had
 * within twice its length.
 */
export async function migrateDb(db: Db, folder = "./drizzle"): Promise<void> {
  const client = db.$client;
  await client.execute(
    "CREATE TABLE IF NOT EXISTS migration_lease (id INTEGER PRIMARY KEY CHECK (id = 1), owner TEXT, until INTEGER)",
  );
  const owner = randomUUID();
  const deadline = Date.now() + 2 * LEASE_MS;
  for (;;) {
    const now = Date.now();
    const taken = await client.execute({
      sql: `INSERT INTO migration_lease (id, owner, until) VALUES (1, ?, ?)
            ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE migration_lease.until < ?`,
      args: [owner, now + LEASE_MS, now],
    });
    if (taken.rowsAffected === 1) break;
    if (now > deadline) throw new Error("Another process holds the migration lease and has not finished");
    await wait(RETRY_MS);
  }
  try {
    await migrate(db, { migrationsFolder: folder });
  } finally {
    await client.execute({
      sql: "UPDATE migration_lease SET until = 0 WHERE owner = ?",
      args: [owner],
    });
  }
}
