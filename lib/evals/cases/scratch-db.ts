import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
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
  remove(): void;
}

const EMPTY = "empty.db";

/** A folder for such databases. */
export const newScratchFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "sentinel-eval-"));

/** Removes such a folder. A copy that still goes on in another thread may add a file meanwhile: it is then tried again. */
export const removeScratch = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

/** Makes them in the folder `into`, a new one by default. Throws when the runbooks cannot be read. */
export async function scratchDbs(runbooksDir: string, now: number, into?: string): Promise<ScratchDbs> {
  const folder = into ?? (await newScratchFolder());
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
    remove: () => removeScratch(folder),
  };
}
