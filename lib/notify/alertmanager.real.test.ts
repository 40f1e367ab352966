import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Notification } from "@/lib/core/notify/notification";
import { send } from "./send";

/** Minutes, since how busy the machine is must not decide. */
const READY_MS = 3 * 60_000;
const PROGRAM = "prometheus-alertmanager";
const present = spawnSync(PROGRAM, ["--version"]).status === 0;

const AT = Date.now();
const PAGE: Notification = {
  id: "ntf_1",
  purpose: "page",
  thread: 'inc_1"{}',
  title: "checkout: errors",
  text: "Approval requested",
  severity: 8,
  subjects: ["checkout"],
  link: "https://sentinel.example/incidents/inc_1",
  at: AT,
  startedAt: AT - 5_000,
};

interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  status: { state: string };
  endsAt: string;
}

describe.skipIf(!present)("a real Alertmanager", () => {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-am-"));
  let child: ChildProcess;
  let url: string;

  beforeAll(async () => {
    const file = join(folder, "alertmanager.yml");
    writeFileSync(file, 'route: { receiver: "none" }\nreceivers: [{ name: "none" }]\n');
    url = `http://127.0.0.1:${await freePort()}`;
    child = spawn(PROGRAM, [
      `--config.file=${file}`,
      `--storage.path=${folder}`,
      `--web.listen-address=${url.slice("http://".length)}`,
      "--cluster.listen-address=",
      "--log.level=error",
    ]);
    await vi.waitFor(async () => expect((await fetch(`${url}/-/ready`)).ok).toBe(true), { timeout: READY_MS });
  });
  afterAll(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    rmSync(folder, { recursive: true });
  });

  const alerts = async (): Promise<Alert[]> => {
    const answer = await fetch(`${url}/api/v2/alerts`, { signal: AbortSignal.timeout(30_000) });
    return (await answer.json()) as Alert[];
  };
  const tell = (n: Partial<Notification>) =>
    send({ ...PAGE, ...n }, "alertmanager", { url }, { now: Date.now, mailer: null });

  it("takes a page once, however often it is sent, and its end", async () => {
    expect(await tell({})).toEqual({ kind: "sent" });
    expect(await tell({ text: "Approval requested again", severity: 5 })).toEqual({ kind: "sent" });
    await expect.poll(async () => (await alerts()).map(({ annotations }) => annotations["description"])).toEqual(["Approval requested again"]); // prettier-ignore
    const [alert] = await alerts();
    expect(alert).toMatchObject({
      labels: { alertname: "SentinelIncident", thread: 'inc_1"{}' },
      annotations: { severity: "error", subjects: "checkout" },
      status: { state: "active" },
    });
    // Nobody repeats it: it has to stay by itself for longer than Alertmanager's own five minutes.
    expect(Date.parse(alert!.endsAt) - Date.now()).toBeGreaterThan(24 * 60 * 60_000);
    expect(await tell({ purpose: "resolved", at: Date.now() })).toEqual({ kind: "sent" });
    await expect.poll(alerts).toEqual([]);
  });

  it("says what it has against an address that is not its own", async () => {
    const sent = await send(PAGE, "alertmanager", { url: `${url}/nowhere` }, { now: Date.now, mailer: null });
    expect(sent).toMatchObject({ kind: "refused", reason: expect.stringMatching(/answered 40[45]/) });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
