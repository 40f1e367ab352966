import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDb } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { migrateDb } from "@/lib/db/migrate";
import { listDetectors } from "@/lib/db/queries/sweep";
import { TestFleet } from "./test-fleet";

/** A libSQL server, where the machine has one. */
const installed = spawnSync("sqld", ["--version"]).status === 0;
const START_MS = 3 * 60_000;
const LOOK_EVERY_MS = 50;
const EVENTS = 40;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

/** A server of its own on loopback, with an empty database that is migrated. */
async function openRemote() {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-sqld-"));
  const port = await freePort();
  const args = ["--no-welcome", "--http-listen-addr", `127.0.0.1:${port}`, "--db-path", folder];
  const server = spawn("sqld", args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + START_MS;
  while (!(await fetch(`${url}/health`).catch(() => null))?.ok) {
    if (server.exitCode !== null || Date.now() > until) throw new Error("sqld did not start");
    await wait(LOOK_EVERY_MS);
  }
  const db = await openDb({ url });
  await migrateDb(db);
  const close = async () => {
    db.$client.close();
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  };
  return { db, url, close };
}

describe.skipIf(!installed)("on a libSQL server", () => {
  let fleet: TestFleet;
  beforeEach(async () => {
    fleet = await TestFleet.open({}, openRemote());
  });
  afterEach(() => fleet.close());

  const count = async (table: string) =>
    (await fleet.db.all<{ n: number }>(sql`SELECT count(*) AS n FROM ${sql.identifier(table)}`))[0]!.n;

  it("a claim that was lost writes nothing and is told from an error", async () => {
    const claim = { sql: "UPDATE shards SET fence = fence + 1 WHERE id = ? AND fence = ?", args: [9, 1] };
    await fleet.db.run(sql`INSERT INTO shards (id, fence, lease_until) VALUES (9, 1, 0)`);
    const events = [{ at: 1, type: "agent.healthy" as const, text: "it happened" }];
    expect(await commit(fleet.db, { claims: [claim], events })).not.toBeNull();
    expect(await commit(fleet.db, { claims: [claim], events })).toBeNull();
    expect(await count("stream_events")).toBe(1);
    const broken = { sql: "UPDATE nowhere SET x = 1", args: [] };
    await expect(commit(fleet.db, { claims: [broken], events })).rejects.toThrow(/nowhere/);
    expect(await count("stream_events")).toBe(1);
  });

  it("events are stored once, judged once, and an ill agent is held", async () => {
    await fleet.treat("Research", "act", ["none"], 0);
    const agents = ["a-1", "a-2", "a-3"];
    const healthy = () => agents.flatMap((id) => Array.from({ length: EVENTS }, () => fleet.call(id)));
    const first = healthy();
    expect(await fleet.send(first)).toMatchObject({ accepted: first.length, duplicates: 0 });
    expect(await fleet.send(first)).toMatchObject({ accepted: 0, duplicates: first.length });
    expect(await fleet.sweep()).toMatchObject({ events: first.length, failed: [], skipped: 0 });
    await fleet.send(healthy());
    await fleet.sweep();
    const seen = (await listDetectors(fleet.db, agents)).map((row) => row.state.seen);
    expect(seen).toEqual(agents.map(() => 2 * EVENTS));

    await fleet.send([fleet.call("a-2", { input_tokens: 1e6, token_count: 1e6, cost: 10 })]);
    const report = await fleet.sweep();
    expect(report).toMatchObject({ opened: 1, failed: [] });
    expect(await fleet.state("a-2")).toBe("quarantined");
    expect(await fleet.state("a-1")).toBe("healthy");
  });
});
