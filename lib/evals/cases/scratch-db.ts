import { randomUUID } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Db, openDb } from "@/lib/db/client";
import { openRecordedDb } from "@/lib/db/drills";
import { migrateDb } from "@/lib/db/migrate";
import { loadRunbooks } from "@/lib/evidence/runbooks";

/** Databases that are thrown away: each a copy of one that was migrated once and holds the runbooks. */
export interface ScratchDbs {
  use<T>(work: (db: Db) => Promise<T>): Promise<T>;
  remove(): Promise<void>;
}

const EMPTY = "empty.db";

/** Throws when the runbooks cannot be read. */
export async function scratchDbs(runbooksDir: string, now: number): Promise<ScratchDbs> {
  const folder = await mkdtemp(join(tmpdir(), "sentinel-eval-"));
  const empty = await openDb({ url: `file:${join(folder, EMPTY)}` });
  await migrateDb(empty);
  const looked = await loadRunbooks(empty, runbooksDir, now);
  await empty.$client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  empty.$client.close();
  if (!looked.ok) throw new Error(`runbooks: ${looked.reason}`);
  return {
    async use(work) {
      const file = join(folder, `${randomUUID()}.db`);
      await copyFile(join(folder, EMPTY), file);
      const db = await openRecordedDb(file);
      try {
        return await work(db);
      } finally {
        db.$client.close();
        await Promise.all(["", "-wal", "-shm"].map((end) => rm(`${file}${end}`, { force: true })));
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
