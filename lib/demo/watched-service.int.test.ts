import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { loadAllowList } from "@/lib/actions/service/allow-list";
import { announceDeploy } from "./announce";
import { startWatchedService } from "./watched-service";

it("starts the service with what measures it, announces its deploys, and leaves nothing behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-watched-"));
  const bodies: { path: string | undefined; key: string | undefined; body: unknown }[] = [];
  const sentinel = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      bodies.push({ path: request.url, key: request.headers.authorization, body: JSON.parse(text) as unknown });
      response.writeHead(201).end("{}");
    });
  });
  await new Promise<void>((resolve) => sentinel.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(sentinel.address() as AddressInfo).port}`;
  const release = (version: string, config = {}) => ({ version, config });
  const watched = await startWatchedService({ folder, sentinel: url, alertToken: "token", builtIn: true, keep: (c) => c, say: () => () => {}, onDeploy: () => {} }); // prettier-ignore
  try {
    const { prometheus, monitoring, tokenFile } = watched.target;
    expect(watched.env).toMatchObject({ PROMETHEUS_URL: prometheus, SERVICE_LOGS_DIR: join(folder, "logs") });
    expect(monitoring).toBe("built-in");
    expect(existsSync(join(folder, "logs", "target.log"))).toBe(true);
    expect(statSync(join(folder, "alertmanager.token")).mode & 0o777).toBe(0o600);
    const up = async () => ((await (await fetch(`${prometheus}/api/v1/query?query=up`)).json()) as { data: { result: { value: [number, string] }[] } }).data.result[0]?.value[1]; // prettier-ignore
    await expect.poll(up).toBe("1");

    // The allow-list is one that Sentinel accepts, and its commands do what they say without a shell or an environment.
    const list = await loadAllowList(watched.env["SENTINEL_ACTIONS_FILE"] ?? "", { secrets: {}, github: false });
    const argvOf = (name: string) => {
      const spec = list.entries.get(name)?.spec;
      return spec?.kind === "run_command" ? spec.argv : [];
    };
    const [node = "", ...args] = argvOf("restart-target");
    const done = await promisify(execFile)(node, args, { env: {} as NodeJS.ProcessEnv });
    expect(JSON.parse(done.stdout)).toMatchObject({ state: "running", starts: 2 });
    expect(argvOf("roll-back-target")).toContain("rollback");

    await announceDeploy(url, "key", release("1.4.0"), release("2.0.0"), 5);
    await announceDeploy(url, "key", release("1.4.0"), release("1.4.0", { store_timeout_ms: 12 }), 6);
    expect(bodies).toMatchObject([
      { path: "/api/v1/changes", key: "Bearer key", body: { subject_id: "target", kind: "deploy", from: "1.4.0", to: "2.0.0", at: 5 } }, // prettier-ignore
      { body: { kind: "config", from: "defaults", to: "store_timeout_ms=12", at: 6 } },
    ]);
    await watched.stop();
    expect(existsSync(tokenFile)).toBe(false);
    await expect(fetch(`${watched.target.url}/health`)).rejects.toThrow(/fetch failed/);
  } finally {
    await watched.stop().catch(() => {});
    sentinel.closeAllConnections();
    sentinel.close();
    rmSync(folder, { recursive: true });
  }
});
