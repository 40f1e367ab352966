import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OwnServer, until } from "./own-server";
import { childrenOf } from "./process";

/** A sweeper that reports nothing for so long hangs. Longer than any sweep takes on a busy machine. */
const STALE_MS = 10_000;

/** Whether a process is there and not just its exit code, which nobody may ever ask an orphan for. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

describe("the sweeper beside a server", () => {
  const server = new OwnServer({ SWEEP_STALE_MS: String(STALE_MS) });
  beforeAll(() => server.setUp());
  afterAll(() => server.remove());

  const readyz = async () => {
    const answer = await fetch(`${server.sentinel.url}/readyz`);
    return { status: answer.status, reason: ((await answer.json()) as { reason: string | null }).reason };
  };
  const sweeper = () => {
    const pids = childrenOf(server.sentinel.process);
    expect(pids).toHaveLength(1);
    return pids[0]!;
  };
  const another = (before: number) =>
    until("another sweeper sweeps", async () => {
      const [pid] = childrenOf(server.sentinel.process);
      return pid !== undefined && pid !== before && (await readyz()).status === 200 && pid;
    });
  const report = (agent: string) =>
    fetch(`${server.sentinel.url}/api/v1/ingest`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
      body: JSON.stringify({ agent_id: agent, latency_ms: 100 }),
    });
  const judged = (agent: string) =>
    until(`${agent} is judged`, async () => {
      const rows = await server.rows("SELECT 1 FROM agents WHERE id = ? AND event_count = 1", agent);
      return rows.length === 1;
    });

  it("is missed when it dies, and started again; what came meanwhile is judged", async () => {
    const first = sweeper();
    // While the database is locked, the next one cannot sweep: the server stays not ready for as long as we look.
    await server.whileLocked(async () => {
      process.kill(first, "SIGKILL");
      await until("the server is not ready", async () => (await readyz()).status === 503);
      expect((await readyz()).reason).toMatch(/sweeper/);
    });
    expect((await report("meanwhile")).status).toBe(200);
    await another(first);
    await judged("meanwhile");
  });

  it("is ended and started again when it hangs", async () => {
    const hung = sweeper();
    process.kill(hung, "SIGSTOP");
    await another(hung);
    expect(runs(hung)).toBe(false);
    await report("after");
    await judged("after");
  });

  it("ends when its server is killed, and gives its shards back", async () => {
    const orphan = sweeper();
    const ended = once(server.sentinel.process, "close");
    server.sentinel.process.kill("SIGKILL");
    await ended;
    expect(runs(orphan)).toBe(false);
    expect(await server.rows("SELECT id FROM shards WHERE owner IS NOT NULL")).toEqual([]);
  });
});
