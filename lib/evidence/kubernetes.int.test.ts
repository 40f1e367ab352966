import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { fetchTrusting } from "./fetch-trusting";
import { createKubernetes } from "./kubernetes";
import { CERTIFICATE, KEY } from "./test-certificate";
import { json, serve, type TestServer } from "./test-server";

const folder = mkdtempSync(join(tmpdir(), "kubernetes-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "token"), "t0ken\n");

/* What an API server answers for a shop whose second version was rolled back and whose worker is killed for its memory. */

const meta = (name: string, rest: object = {}) => ({ name, namespace: "prod", uid: `u-${name}`, ...rest });
const containers = (image: string) => ({ spec: { containers: [{ name: "app", image }] } });
const owned = (by: string) => [{ apiVersion: "apps/v1", kind: "Deployment", name: by, controller: true }];
const set = (name: string, revision: number, image: string, at: string, cause?: string) => ({
  metadata: meta(name, {
    creationTimestamp: at,
    annotations: {
      "deployment.kubernetes.io/revision": String(revision),
      // As the controller notes it where a set is taken up again.
      ...(revision === 3 ? { "deployment.kubernetes.io/revision-history": "1" } : {}),
      ...(cause ? { "kubernetes.io/change-cause": cause } : {}),
    },
    ownerReferences: owned("shop"),
  }),
  spec: { replicas: revision === 3 ? 2 : 0, template: containers(image) },
});

const DEPLOYMENTS = {
  kind: "DeploymentList",
  metadata: { resourceVersion: "1" },
  items: [
    {
      metadata: meta("shop", {
        labels: { "app.kubernetes.io/name": "shop-api" },
        annotations: { "deployment.kubernetes.io/revision": "3" },
      }),
      spec: { replicas: 2, template: containers("shop:1") },
      status: {
        replicas: 2,
        readyReplicas: 1,
        updatedReplicas: 2,
        unavailableReplicas: 1,
        conditions: [
          {
            type: "Progressing",
            status: "True",
            reason: "NewReplicaSetAvailable",
            message: 'ReplicaSet "shop-6d4b75cb6d" has successfully progressed.',
            lastUpdateTime: "2026-05-20T12:40:00Z",
          },
        ],
      },
    },
    { metadata: meta("fresh"), spec: { template: containers("fresh:1") }, status: {} },
  ],
};
const SETS = {
  items: [
    set("shop-6d4b75cb6d", 3, "shop:1", "2026-05-01T00:00:00Z"),
    set("shop-7f8d9c5b4x", 2, "shop:2", "2026-05-20T12:00:00Z", "kubectl set image deploy/shop app=shop:2"),
  ],
};
const event = (name: string, kind: string, object: string, rest: object) => ({
  metadata: meta(name),
  involvedObject: { kind, name: object, namespace: "prod" },
  ...rest,
});
const EVENTS = {
  items: [
    event("e1", "Pod", "worker-5c689d88bb-x2k7p", {
      type: "Warning",
      reason: "BackOff",
      message: "Back-off restarting failed container",
      count: 7,
      firstTimestamp: "2026-05-20T11:00:00Z",
      lastTimestamp: "2026-05-20T12:30:00Z",
    }),
    event("e2", "Deployment", "shop", {
      type: "Normal",
      reason: "ScalingReplicaSet",
      message: "Scaled up replica set shop-7f8d9c5b4x to 2",
      eventTime: "2026-05-20T12:00:00.123456Z",
      lastTimestamp: null,
      series: null,
    }),
    event("e3", "Pod", "old-1", { lastTimestamp: "2026-05-19T00:00:00Z" }),
    { nonsense: true },
  ],
};
const PODS = {
  items: [
    {
      metadata: meta("worker-5c689d88bb-x2k7p", { labels: { app: "worker" } }),
      status: {
        phase: "Running",
        containerStatuses: [
          {
            name: "app",
            ready: false,
            restartCount: 7,
            state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } },
            lastState: {
              terminated: { exitCode: 137, reason: "OOMKilled", finishedAt: "2026-05-20T12:29:58Z", containerID: "c" },
            },
          },
          { name: "sidecar", ready: true, restartCount: 0, state: { running: {} }, lastState: {} },
        ],
      },
    },
    { metadata: meta("pending"), status: { phase: "Pending", containerStatuses: null } },
  ],
};

const OBJECTS: Record<string, unknown> = {
  "/apis/apps/v1/namespaces/prod/deployments": DEPLOYMENTS,
  "/apis/apps/v1/namespaces/prod/replicasets": SETS,
  "/api/v1/namespaces/prod/events": EVENTS,
  "/api/v1/namespaces/prod/pods": PODS,
};
const WINDOW = { from: Date.UTC(2026, 4, 20, 11) / 1_000, to: Date.UTC(2026, 4, 20, 13) / 1_000 };

function answer(url: URL, authorization: string | undefined): [body: unknown, status: number] {
  if (authorization !== "Bearer t0ken") return [{ kind: "Status", message: "Unauthorized", code: 401 }, 401];
  const body = OBJECTS[url.pathname];
  return body ? [body, 200] : [{ kind: "Status", message: "forbidden", code: 403 }, 403];
}

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const cluster = async (rest: { namespaces?: string[]; path?: string } = {}) => {
  server ??= await serve((request, response) =>
    json(response, ...answer(new URL(request.url!, "http://x"), request.headers.authorization)),
  );
  return createKubernetes(
    {
      source: "kubernetes",
      url: server.url,
      namespaces: rest.namespaces ?? ["prod"],
      auth: { kind: "bearer_file", path: rest.path ?? join(folder, "token") },
      timeoutMs: 1_000,
    },
    { fetch, now: Date.now },
  );
};

describe("a recorded API server", () => {
  test("events of the window, by the workload they are about; an unknown object makes it truncated", async () => {
    expect(await (await cluster()).events(WINDOW)).toMatchObject({
      ok: true,
      truncated: true,
      value: [
        {
          node: "shop-api",
          kind: "Deployment",
          reason: "ScalingReplicaSet",
          warning: false,
          count: 1,
          t: WINDOW.from + 3_600.123,
        },
        { node: "worker", object: "worker-5c689d88bb-x2k7p", reason: "BackOff", warning: true, count: 7 },
      ],
    });
  });

  test("rollouts with their revisions as changes; a roll-back counts from when it was done", async () => {
    expect(await (await cluster()).rollouts()).toMatchObject({
      ok: true,
      truncated: false,
      value: [
        {
          node: "shop-api",
          revision: 3,
          images: ["shop:1"],
          replicas: { wanted: 2, ready: 1, updated: 2, unavailable: 1 },
          progress: { ok: true, reason: "NewReplicaSetAvailable" },
          changes: [
            {
              t: Date.UTC(2026, 4, 20, 12) / 1_000,
              kind: "deploy",
              summary: "revision 2: shop:1 → shop:2 (kubectl set image deploy/shop app=shop:2)",
              from: "shop-6d4b75cb6d",
              to: "shop-7f8d9c5b4x",
            },
            {
              t: Date.UTC(2026, 4, 20, 12, 40) / 1_000,
              node: "shop-api",
              summary: "revision 3: shop:2 → shop:1, an earlier one again",
              from: "shop-7f8d9c5b4x",
              to: "shop-6d4b75cb6d",
            },
          ],
        },
        { node: "fresh", revision: 0, replicas: { wanted: 1, ready: 0 }, progress: null, changes: [] },
      ],
    });
  });

  test("how containers last ended, and why they do not run", async () => {
    expect(await (await cluster()).terminations()).toEqual({
      ok: true,
      source: "kubernetes",
      truncated: false,
      value: [
        {
          node: "worker",
          pod: "worker-5c689d88bb-x2k7p",
          container: "app",
          restarts: 7,
          last: { t: Date.UTC(2026, 4, 20, 12, 29, 58) / 1_000, reason: "OOMKilled", exitCode: 137, message: "" },
          waiting: "CrashLoopBackOff",
        },
      ],
    });
  });

  test("what may not be read, a token that is gone, and what is no list: could not look", async () => {
    expect(await (await cluster({ namespaces: ["prod", "other/../x"] })).terminations()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^answered 403/),
    });
    expect(server!.asked.at(-1)).toContain("/namespaces/other%2F..%2Fx/pods");
    expect(await (await cluster({ path: join(folder, "none") })).events(WINDOW)).toMatchObject({ ok: false });
    await server!.close();
    server = await serve((_, response) => json(response, { items: "x" }));
    expect(await (await cluster()).rollouts()).toMatchObject({ reason: "the answer is not a valid Kubernetes list" });
  });

  test("pages are followed, as far as the limit", async () => {
    server = await serve((request, response) => {
      const next = Number(new URL(request.url!, "http://x").searchParams.get("continue") ?? 0) + 1;
      json(response, { metadata: { continue: String(next) }, items: PODS.items });
    });
    const looked = await (await cluster()).terminations();
    expect(looked).toMatchObject({ ok: true, truncated: true });
    expect(looked.ok && looked.value.length).toBe(4);
    expect(server.asked.length).toBe(4);
  });
});

test("a cluster's own authority is trusted when it is given, and no other", async () => {
  const secure = createServer({ key: KEY, cert: CERTIFICATE }, (request, response) =>
    json(response, ...answer(new URL(request.url!, "https://x"), request.headers.authorization)),
  );
  await new Promise<void>((done) => secure.listen(0, "127.0.0.1", done));
  const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
  const reader = (ask: typeof fetch) =>
    createKubernetes(
      { source: "k", url, namespaces: ["prod"], auth: { kind: "bearer_file", path: join(folder, "token") } },
      { fetch: ask, now: Date.now },
    );
  expect(await reader(fetchTrusting(CERTIFICATE)).terminations()).toMatchObject({ ok: true });
  expect(await reader(fetch).terminations()).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/could not connect/),
  });
  secure.closeAllConnections();
  secure.close();
});
