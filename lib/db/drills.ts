import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@libsql/client";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { type Db, openDb } from "./client";
import { migrateDb } from "./migrate";

/**
 * Where drills live: each in a folder and a database of its own, beside the real one. Nothing that reads the real database
 * can see a drill, nothing in a drill can see the real one or another drill, and deleting a drill is deleting its folder.
 */
export interface DrillRecord {
  id: string;
  /** The recorded incident that is played, and what it is called. */
  scenario: string;
  title: string;
  /** The service that alerted. */
  service: string;
  /** The incident in the drill's own database. */
  incident: string;
  firedBy: string;
  /** Epoch ms. */
  firedAt: number;
  /** Then it is deleted by itself, epoch ms. */
  expiresAt: number;
}

/** Drills that may exist at once: each keeps a file of about a megabyte, and one that waits costs a look a second. */
const MAX_DRILLS = 100;
/** Names a folder, so it can be nothing but a name. */
const ID = /^[a-z][a-z0-9-]{0,80}$/;
const DATABASE = "drill.db";
const RECORD = "drill.json";
/** A drill that is being made or deleted has a name that no id has. What a crash left of one is removed after this, in ms. */
const UNFINISHED = ".";
const UNFINISHED_MS = 10 * 60_000;
/** Longer than any one request, in ms. */
const CLOSE_AFTER_MS = 60_000;

/** One Next process holds several copies of this module: they share the open databases. */
interface Shared {
  open: Map<string, { db: Promise<Db>; record: DrillRecord }>;
  clients: WeakSet<Client>;
}
const shared = (): Shared => {
  const global = globalThis as unknown as Record<symbol, Shared>;
  return (global[Symbol.for("sentinel.drills")] ??= { open: new Map(), clients: new WeakSet() });
};

/** Whether a database is a drill's. */
export const isDrillDb = (db: Db): boolean => shared().clients.has(db.$client);

/**
 * DRILLS_DIR, else `drills` beside the database's file; ./data/drills where that is on a server. Known only as it runs: the
 * build is told not to look for it, or it would take the whole project for a part of the server.
 */
export function drillsFolder(): string {
  const { DRILLS_DIR, LIBSQL_URL } = env();
  if (DRILLS_DIR) return DRILLS_DIR;
  if (!LIBSQL_URL.startsWith("file:")) return "./data/drills";
  const path = LIBSQL_URL.startsWith("file://") ? fileURLToPath(LIBSQL_URL) : LIBSQL_URL.slice("file:".length);
  return join(dirname(path), "drills");
}

/**
 * Makes a drill: `fill` lays out its database, and gives back the incident that its alert opened. It is there as a whole or
 * not at all. Throws conflict when there are too many, unavailable when the folder cannot be written.
 */
export async function createDrill(
  about: Omit<DrillRecord, "incident">,
  fill: (db: Db) => Promise<string>,
): Promise<DrillRecord> {
  if ((await listDrillIds()).length >= MAX_DRILLS)
    throw new SentinelError("conflict", { detail: `Limit of ${MAX_DRILLS} drills reached: delete some first` });
  const unfinished = join(/* turbopackIgnore: true */ drillsFolder(), `${UNFINISHED}${about.id}`);
  try {
    await mkdir(unfinished, { recursive: true });
  } catch (cause) {
    throw new SentinelError("unavailable", {
      detail: `Drills need a writable folder (DRILLS_DIR): ${drillsFolder()}`,
      cause,
    });
  }
  try {
    const db = await openDrillDb(unfinished);
    let record: DrillRecord;
    try {
      await migrateDb(db);
      record = { ...about, incident: await fill(db) };
      await db.$client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      db.$client.close();
    }
    await writeFile(join(unfinished, RECORD), JSON.stringify(record));
    await rename(unfinished, join(/* turbopackIgnore: true */ drillsFolder(), about.id));
    return record;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** All drills, the newest first. */
export async function listDrills(): Promise<DrillRecord[]> {
  const records = await Promise.all((await listDrillIds()).map(readRecord));
  return records.filter((record) => record !== null).toSorted((a, b) => b.firedAt - a.firedAt);
}

/** A drill and its database; null if there is none, or it is past its time. */
export async function findDrill(id: string, now: number): Promise<{ record: DrillRecord; db: Db } | null> {
  const { open } = shared();
  const folder = join(/* turbopackIgnore: true */ drillsFolder(), id);
  if (!ID.test(id) || !existsSync(join(folder, RECORD))) {
    forgetDrill(id);
    return null;
  }
  const known = open.get(id);
  const record = known?.record ?? (await readRecord(id));
  if (record === null || record.expiresAt <= now) return null;
  const held = open.get(id) ?? { record, db: openDrillDb(folder) };
  open.set(id, held);
  return { record, db: await held.db };
}

/** The same; throws not_found. */
export async function getDrill(id: string, now: number): Promise<{ record: DrillRecord; db: Db }> {
  const drill = await findDrill(id, now);
  if (drill === null)
    throw new SentinelError("not_found", { detail: "No drill has this ID; it may have been deleted" });
  return drill;
}

/** Deletes a drill with everything in it. False if there was none. */
export async function deleteDrill(id: string): Promise<boolean> {
  if (!ID.test(id)) return false;
  forgetDrill(id);
  const gone = join(/* turbopackIgnore: true */ drillsFolder(), `${UNFINISHED}${id}-deleted`);
  try {
    // Out of everybody's sight at once, then piece by piece.
    await rename(join(/* turbopackIgnore: true */ drillsFolder(), id), gone);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  await rm(gone, { recursive: true, force: true });
  return true;
}

/** Deletes the drills whose time is over, and what a crash left half made or half deleted. Gives back the ids of drills. */
export async function deleteExpired(now: number): Promise<string[]> {
  const over = (await listDrills()).filter(({ expiresAt }) => expiresAt <= now).map(({ id }) => id);
  for (const id of over) await deleteDrill(id);
  for (const name of await names()) {
    if (!name.startsWith(UNFINISHED)) continue;
    const path = join(/* turbopackIgnore: true */ drillsFolder(), name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs >= UNFINISHED_MS) await rm(path, { recursive: true, force: true });
  }
  return over;
}

/** Lets go of a drill that is gone. What was asked of it before may still be reading: its connection is closed later. */
function forgetDrill(id: string): void {
  const held = shared().open.get(id);
  shared().open.delete(id);
  if (held) setTimeout(() => void closeHeld(held.db), CLOSE_AFTER_MS).unref();
}

/** Closes this process's connections to all drills. */
export async function closeDrills(): Promise<void> {
  const held = [...shared().open.values()];
  shared().open.clear();
  await Promise.all(held.map(({ db }) => closeHeld(db)));
}

const closeHeld = (held: Promise<Db>): Promise<void> =>
  held.then(
    (db) => db.$client.close(),
    () => undefined,
  );

const openDrillDb = (folder: string): Promise<Db> => openRecordedDb(join(folder, DATABASE));

/** Opens a database in which a recording is played: a drill's, or an evaluation's. It never reaches a real operation. Does not migrate. */
export async function openRecordedDb(file: string): Promise<Db> {
  const db = await openDb({ url: `file:${file}` });
  shared().clients.add(db.$client);
  return db;
}

async function names(): Promise<string[]> {
  try {
    return await readdir(/* turbopackIgnore: true */ drillsFolder());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** The ids of all drills. Lets go of those that another process has deleted. */
export async function listDrillIds(): Promise<string[]> {
  const ids = (await names()).filter((name) => ID.test(name));
  for (const id of shared().open.keys()) if (!ids.includes(id)) forgetDrill(id);
  return ids;
}

async function readRecord(id: string): Promise<DrillRecord | null> {
  try {
    return JSON.parse(
      await readFile(join(/* turbopackIgnore: true */ drillsFolder(), id, RECORD), "utf8"),
    ) as DrillRecord;
  } catch (error) {
    // Deleted since it was listed.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
