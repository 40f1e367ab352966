import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { startSentinel, stopSentinel } from "./process";

const folder = mkdtempSync(join(tmpdir(), "sentinel-start-"));
afterAll(() => rmSync(folder, { recursive: true }));
const env = { LIBSQL_URL: `file:${join(folder, "s.db")}` };

test("a bad variable stops the start and is named; its value is not repeated", async () => {
  const start = startSentinel({ ...env, CRON_SECRET: "hunter2", SWEEP_INTERVAL_MS: "soon" }, "/healthz");
  const error = (await start.then(stopSentinel, (cause: unknown) => cause)) as Error;
  expect(error.message).toMatch(/Bad environment.*CRON_SECRET.*SWEEP_INTERVAL_MS/);
  expect(error.message).not.toContain("hunter2");
});

test("without its own sweep it is alive and not ready, until cron sweeps, and again when cron stays away", async () => {
  const secret = "a-cron-secret-for-tests";
  const cron = { ...env, CRON_SECRET: secret, SWEEP_IN_PROCESS: "0", SWEEP_STALE_MS: "1500" };
  const sentinel = await startSentinel(cron, "/healthz");
  const readyz = async () => {
    const answer = await fetch(`${sentinel.url}/readyz`);
    return { status: answer.status, ...((await answer.json()) as { ready: boolean; reason: string | null }) };
  };
  const sweep = (token: string, method: string) =>
    fetch(`${sentinel.url}/api/cron/sentinel`, { method, headers: { authorization: `Bearer ${token}` } });
  expect(await readyz()).toMatchObject({ status: 503, ready: false, reason: "not every shard has been swept yet" });
  expect((await sweep("a-wrong-secret-of-length", "POST")).status).toBe(401);
  for (const method of ["GET", "POST"]) {
    // On a busy machine a sweep may be stale by the time that somebody asks: then cron comes again.
    const ready = async () => {
      expect((await sweep(secret, method)).status).toBe(200);
      return readyz();
    };
    await expect.poll(ready).toMatchObject({ status: 200, ready: true });
  }
  await expect.poll(async () => (await readyz()).status).toBe(503);
  expect((await readyz()).reason).toMatch(/the last sweep is \d+ s old/);
  await stopSentinel(sentinel);
});

test("two starters on one new database: one migrates, the other waits, both get ready", async () => {
  const shared = { LIBSQL_URL: `file:${join(folder, "shared.db")}` };
  const both = await Promise.all([startSentinel(shared, "/healthz"), startSentinel(shared, "/healthz")]);
  for (const one of both) {
    await expect.poll(async () => (await fetch(`${one.url}/readyz`)).status).toBe(200);
  }
  await Promise.all(both.map(stopSentinel));
});
