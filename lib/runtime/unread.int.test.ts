import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listFindings } from "@/lib/db/queries/incidents";
import { findStory } from "@/lib/views/service-story";
import { incidents } from "@/lib/db/schema";
import { parseEnv } from "@/lib/env";
import { createEmbedder } from "@/lib/evidence/embedding";
import { createKubernetes } from "@/lib/evidence/kubernetes";
import { json, serve, type TestServer } from "@/lib/evidence/test-server";
import { createLog } from "@/lib/log";
import { createIntegrations } from "./integrations";
import { TestEstate } from "./test-estate";

const ports = { fetch, now: Date.now };

let estate: TestEstate;
let server: TestServer | undefined;
beforeEach(async () => {
  estate = await TestEstate.open();
});
afterEach(async () => {
  await estate.end();
  await server?.close();
  server = undefined;
});

/** What is logged meanwhile. */
async function logOf(done: () => Promise<void>): Promise<Record<string, unknown>[]> {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, next) {
      lines.push(chunk.toString());
      next();
    },
  });
  const shared = globalThis as unknown as Record<symbol, unknown>;
  const key = Symbol.for("sentinel.log");
  const before = shared[key];
  shared[key] = createLog({ level: "info", format: "json" }, sink);
  await done().finally(() => (shared[key] = before));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The report of an investigation that an alert started. */
async function investigated() {
  await estate.alert([{ name: "Slow", service: "api" }]);
  await estate.rest();
  const [incident] = await estate.db.select().from(incidents);
  const story = await findStory(estate.db, incident!.id);
  return { id: incident!.id, report: story!.investigation!.report!, story: story! };
}

test("a cluster that refuses is named with its reason, though other sources of logs and changes were read", async () => {
  server = await serve((_, response) => json(response, { message: "pods is forbidden" }, 403));
  estate.kubernetes = createKubernetes({ source: "kubernetes", url: server.url, namespaces: ["prod"] }, ports);
  estate.log("api", [[estate.now - 60_000, "it hurts"]]);
  const { id, report, story } = await investigated();
  for (const node of ["log_analyst", "deploy_correlator"])
    expect(report.couldNotLook).toContainEqual({
      node,
      source: "kubernetes",
      reason: expect.stringMatching(/^answered 403: .*pods is forbidden/),
    });
  const changes = report.reports.find(({ node }) => node === "deploy_correlator");
  expect(changes!.text).toMatch(/Could not read: kubernetes: answered 403/);
  const findings = await listFindings(estate.db, id);
  expect(findings.map(({ title }) => title).join("\n")).toMatch(/could not read kubernetes: answered 403/);
  expect(story.investigation!.summary).toMatch(/kubernetes \(answered 403/);
});

test("a Loki that refuses is named with its reason in report, story, findings and log, though other sources were read", async () => {
  server = await serve((_, response) => response.writeHead(401, { "content-type": "text/plain" }).end("no org id\n"));
  const integrations = await createIntegrations(parseEnv({ LOKI_URL: server.url }));
  estate.loki = integrations.logs(estate.db).at(-1)!;
  estate.log("api", [[estate.now - 60_000, "it hurts"]]);
  const logged = await logOf(async () => {
    const { id, report, story } = await investigated();
    expect(report.couldNotLook).toContainEqual({ node: "log_analyst", source: "loki", reason: "401 no org id" });
    expect(report.reports.find(({ node }) => node === "log_analyst")!.text).toMatch(/loki: 401 no org id/);
    const titles = (await listFindings(estate.db, id)).map(({ title }) => title);
    expect(titles).toContain("could not read loki: 401 no org id");
    expect(story.investigation!.summary).toMatch(/loki \(401 no org id\)/);
  });
  expect(logged).toContainEqual(
    expect.objectContaining({ level: "warn", source: "loki", reason: "401 no org id", msg: "could not read loki" }),
  );
});

test("Loki is asked as the environment says: headers, user and label", async () => {
  let headers: IncomingHttpHeaders = {};
  server = await serve((request, response) => {
    headers = request.headers;
    json(response, { status: "success", data: { resultType: "streams", result: [] } });
  });
  const query = { node: "api", from: 1_779_280_000, to: 1_779_280_060, limit: 10 };
  const ask = async (settings: Record<string, string>) => {
    const sources = (await createIntegrations(parseEnv({ LOKI_URL: server!.url, ...settings }))).logs(estate.db);
    return sources.at(-1)!.read(query);
  };
  await ask({ LOKI_HEADERS: '{"X-Scope-OrgID":"shop","Authorization":"Bearer abc"}', LOKI_SERVICE_LABEL: "app" });
  expect(headers).toMatchObject({ "x-scope-orgid": "shop", authorization: "Bearer abc" });
  expect(decodeURIComponent(server.asked[0]!)).toContain('query={app="api"}');
  await ask({ LOKI_USER: "ada", LOKI_PASSWORD: "hush" });
  expect(headers.authorization).toBe(`Basic ${Buffer.from("ada:hush").toString("base64")}`);
  await ask({ LOKI_USER: "ada", LOKI_PASSWORD: "hush", LOKI_TOKEN: "token" });
  expect(headers.authorization).toBe("Bearer token");
});

test("log files are read in the zone that the environment says", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zone-"));
  try {
    writeFileSync(join(folder, "api.log"), "2026-05-20 08:30:01 ERROR it hurts\n");
    const at = Date.UTC(2026, 4, 20, 12, 30, 1) / 1_000;
    utimesSync(join(folder, "api.log"), at, at);
    const integrations = await createIntegrations(
      parseEnv({ SERVICE_LOGS_DIR: folder, LOG_TIME_ZONE: "America/New_York" }),
    );
    const files = integrations.logs(estate.db).at(-1)!;
    const read = await files.read({ node: "api", from: at - 1, to: at + 1, limit: 10 });
    expect(read).toMatchObject({ ok: true, value: [{ t: at }] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("one part of the cluster that may not be read hides no other", async () => {
  server = await serve((request, response) =>
    request.url?.includes("/events")
      ? json(response, { message: "events is forbidden" }, 403)
      : json(response, { kind: "List", metadata: {}, items: [] }),
  );
  estate.kubernetes = createKubernetes({ source: "kubernetes", url: server.url, namespaces: ["prod"] }, ports);
  const { report } = await investigated();
  expect(report.couldNotLook.filter(({ source }) => source === "kubernetes")).toEqual([
    { node: "log_analyst", source: "kubernetes", reason: expect.stringMatching(/events is forbidden/) },
  ]);
});

test("embeddings that fail are named; past incidents are found by words", async () => {
  server = await serve((_, response) => json(response, { error: "quota" }, 429));
  estate.embedder = createEmbedder({ source: "embeddings", url: server.url, model: "m" }, ports);
  const { report } = await investigated();
  expect(report.couldNotLook).toContainEqual({
    node: "triage",
    source: "embeddings",
    reason: expect.stringMatching(/^answered 429/),
  });
});
