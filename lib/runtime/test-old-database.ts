import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { type Db, openDb } from "@/lib/db/client";
import { migrateDb } from "@/lib/db/migrate";

/**
 * A database as it was when its last migration was 0006, to be opened by today's code. `lib/runtime/fixture-main.ts` made it on
 * commit d584021 (with the fixture scripts added): agents and services in every standing, what was done to them, and
 * everybody who may come in. Whatever the schema becomes, people who have such a database lose nothing of it.
 */
const FIXTURE = "lib/runtime/fixtures/0006";

/** When the agents, and when the services of the fixture were last heard of (epoch ms), and what lets people and programs in. */
export const { agentsAt, servicesAt, secrets } = JSON.parse(readFileSync(`${FIXTURE}.json`, "utf8")) as {
  agentsAt: number;
  servicesAt: number;
  secrets: {
    password: string;
    keys: Record<"fleet" | "bound" | "logs" | "revoked", string>;
    tokens: Record<"viewer" | "operator" | "revoked", string>;
    source: string;
    invitation: string;
  };
};

/** A copy of the fixture: as it was, and opened and migrated by today's code. */
export async function openOldDatabase(): Promise<{
  db: Db;
  url: string;
  asItWas: () => Promise<Db>;
  close: () => void;
}> {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-old-"));
  const unpack = (name: string): string => {
    const file = join(folder, name);
    writeFileSync(file, brotliDecompressSync(readFileSync(`${FIXTURE}.db.br`)));
    return `file:${file}`;
  };
  const url = unpack("s.db");
  const db = await openDb({ url });
  await migrateDb(db);
  const close = () => {
    db.$client.close();
    rmSync(folder, { recursive: true });
  };
  return { db, url, asItWas: () => openDb({ url: unpack("as-it-was.db") }), close };
}
