import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The demo's own folder. Each start begins with an empty database, as its agents begin with empty memories. */
export interface Folder {
  databaseUrl: string;
  release: () => void;
}

/** Takes the folder for this process and empties what a former demo left in it. Throws when a demo is running there. */
export function claimFolder(path: string): Folder {
  mkdirSync(path, { recursive: true });
  const lock = join(path, "demo.pid");
  const owner = ownerOf(lock);
  if (owner !== null && isAlive(owner))
    throw new Error(`a demo is running in ${path} already (process ${owner}); end it, or choose another --data`);
  const database = join(path, "demo.db");
  for (const suffix of ["", "-wal", "-shm"]) rmSync(database + suffix, { force: true });
  writeFileSync(lock, String(process.pid));
  return { databaseUrl: `file:${database}`, release: () => rmSync(lock, { force: true }) };
}

function ownerOf(lock: string): number | null {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
