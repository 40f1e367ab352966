import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { closeDb, type Db, getDb } from "@/lib/db/client";
import { migrateDb } from "@/lib/db/migrate";
import { prune } from "./prune";
import { TestEstate } from "./test-estate";
import { TestFleet } from "./test-fleet";
import { playAgents } from "./fixture-agents";
import { makePeople } from "./fixture-people";
import { playServices } from "./fixture-services";

/**
 * `LIBSQL_URL=file:/a/new/file.db tsx lib/runtime/fixture-main.ts NAME` writes fixtures/NAME.db.br and NAME.json: a database
 * of this version with something of everything that people rely on in it, made by the code that makes it in production,
 * and the secrets that a test comes in by. Run it before a change of the schema, under the number of the last migration. What it wrote is never
 * written again: it stands for the databases that are out there.
 */
async function makeDatabase(db: Db, began: number) {
  const { admin, key, source, secrets } = await makePeople(db, began);
  const opened = { db, url: "", close: () => Promise.resolve() };
  const fleet = await TestFleet.open({}, Promise.resolve(opened), key);
  await playAgents(fleet, admin);
  const estate = await TestEstate.open(opened);
  estate.now = fleet.now;
  await playServices(estate, admin, source);
  await prune(db, estate.now);
  return { agentsAt: fleet.now, servicesAt: estate.now, secrets };
}

const name = basename(process.argv[2]!);
const folder = await mkdtemp(join(tmpdir(), "sentinel-fixture-"));
const db = await getDb();
await migrateDb(db);
const told = await makeDatabase(db, Date.UTC(2026, 4, 20, 12));
const file = join(folder, "fixture.db");
await db.$client.execute({ sql: "VACUUM INTO ?", args: [file] });
await closeDb();
const bytes = await readFile(file);
const small = brotliCompressSync(bytes, {
  params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
});
await writeFile(join(import.meta.dirname, "fixtures", `${name}.db.br`), small);
await writeFile(join(import.meta.dirname, "fixtures", `${name}.json`), `${JSON.stringify(told, null, 2)}\n`);
await rm(folder, { recursive: true });
process.stdout.write(`${bytes.length} bytes, ${small.length} packed\n`);
