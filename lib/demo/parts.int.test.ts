import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkLink } from "@/lib/auth/links";
import { verifyKey } from "@/lib/auth/keys";
import { openDb } from "@/lib/db/client";
import { loadPolicies, loadSettings } from "@/lib/db/queries/settings";
import { endFault, injectFault, listFaults } from "./faults";
import { claimFolder } from "./folder";
import { freePort } from "./ports";
import { makeWorld } from "./world";

const path = mkdtempSync(join(tmpdir(), "sentinel-demo-"));
afterAll(() => rmSync(path, { recursive: true }));

describe("the folder", () => {
  it("is taken by one demo at a time, and free again after its death", () => {
    const folder = join(path, "folder");
    const first = claimFolder(folder);
    expect(() => claimFolder(folder)).toThrow(/a demo is running in .* already \(process \d+\)/);
    first.release();
    claimFolder(folder).release();
    // Beyond the largest pid of any Linux: nobody's.
    writeFileSync(join(folder, "demo.pid"), "4999999");
    claimFolder(folder).release();
  });
});

describe("ports", () => {
  it("are the wanted one, or the next that is free", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    expect(await freePort("127.0.0.1", port)).toBeGreaterThan(port);
    await new Promise((resolve) => taken.close(resolve));
    expect(await freePort("127.0.0.1", port)).toBe(port);
  });
});

describe("the world", () => {
  it("has a key that works, a link that signs in an admin, and types that act", async () => {
    const url = `file:${join(path, "world.db")}`;
    const world = await makeWorld(url);
    const link = await world.link("http://localhost:1");
    world.close();
    const db = await openDb({ url });
    expect(await verifyKey(db, world.key, Date.now())).toMatchObject({ name: "demo fleet", agentId: null });
    const token = new URL(link).hash.replace("#token=", "");
    expect(await checkLink(db, token, Date.now())).toMatchObject({ kind: "sign_in", role: "admin" });
    const policies = [...(await loadPolicies(db)).values()];
    expect(new Set(policies.map((p) => `${p.type} ${p.mode}`))).toEqual(
      new Set(["Analytics act", "Coordinator act", "Data act", "Research act"]),
    );
    expect(policies.every((p) => p.allows.includes("hard_to_undo") && !p.allows.includes("destructive"))).toBe(true);
    expect((await loadSettings(db)).limits.fleet_share).toBe(0.5);
    db.$client.close();
  });
});

describe("faults by hand", () => {
  const asked: string[] = [];
  const answers: Record<string, [number, unknown]> = {
    "GET /catalog": [
      200,
      {
        faults: [{ kind: "broken_tool", title: "Broken tool", description: "It breaks.", targets: ["data-edda"] }],
        active: [{ id: "1", kind: "broken_tool", target: "data-edda", since: 5 }],
      },
    ],
    "POST /faults": [201, { id: "1", kind: "broken_tool", target: "data-edda", startedAt: 5, cures: ["revoke_tools"] }],
    "DELETE /faults/1": [200, { ended: "1" }],
    "DELETE /faults/2": [404, { error: "no such fault" }],
  };
  const token = (request: IncomingMessage) => String(request.headers["x-fleet-token"]);
  const control = createServer((request, response) => {
    const [status, body] = answers[`${request.method} ${request.url}`] ?? [500, {}];
    request.on("data", (chunk: Buffer) => asked.push(chunk.toString()));
    request.on("end", () => {
      asked.push(`${request.method} ${request.url} ${token(request)}`);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
    process.env["SENTINEL_DEMO_CONTROL_URL"] = `http://127.0.0.1:${(control.address() as AddressInfo).port}`;
    process.env["SENTINEL_DEMO_CONTROL_TOKEN"] = "secret";
  });
  afterAll(() => control.close());

  it("go to the fleet's control with its token, and back without the cure", async () => {
    expect(await listFaults()).toEqual({
      faults: [{ kind: "broken_tool", title: "Broken tool", description: "It breaks.", agents: ["data-edda"] }],
      active: [{ id: "1", kind: "broken_tool", agent: "data-edda", since: 5 }],
    });
    expect(await injectFault({ kind: "broken_tool" })).toEqual({ id: "1", kind: "broken_tool", agent: "data-edda" });
    await endFault("1");
    expect(asked).toEqual([
      "GET /catalog secret",
      '{"kind":"broken_tool"}',
      "POST /faults secret",
      "DELETE /faults/1 secret",
    ]);
  });
  it("tell the caller what the fleet refuses", async () => {
    answers["POST /faults"] = [409, { error: "data-edda already suffers from broken_tool" }];
    await expect(injectFault({ kind: "broken_tool", agent: "data-edda" })).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("already suffers") as string }); // prettier-ignore
    answers["POST /faults"] = [400, { error: "kind must be one of …" }];
    await expect(injectFault({ kind: "rain" })).rejects.toMatchObject({ code: "invalid" });
    await expect(endFault("2")).rejects.toMatchObject({ code: "not_found" });
  });
  it("are unavailable when the fleet is gone", async () => {
    await new Promise((resolve) => control.close(resolve));
    await expect(listFaults()).rejects.toMatchObject({ code: "unavailable" });
  });
});
