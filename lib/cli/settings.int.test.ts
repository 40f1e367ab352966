import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { prepare } from "@/lib/actions/service/index";
import { modelSettings } from "@/lib/agents/models";
import { addressOf } from "@/lib/auth/address";
import { agentsLeft, type IngestKey } from "@/lib/auth/keys";
import { sessionSecret } from "@/lib/auth/people";
import { closeDb, getDb, openDb } from "@/lib/db/client";
import { closeDrills, drillsFolder, getDrill } from "@/lib/db/drills";
import { migrateDb } from "@/lib/db/migrate";
import { listRunbooks } from "@/lib/views/services";
import { agentRow, insert } from "@/lib/db/queries/test-world";
import { fireDrill } from "@/lib/drills/fire";
import { env, parseEnv } from "@/lib/env";
import { json, serve, type TestServer } from "@/lib/evidence/test-server";
import { charge } from "@/lib/http/charge";
import { loopConfig } from "@/lib/config/agents";
import { pollDirective } from "@/lib/ingest/directive-poll";
import { retention } from "@/lib/runtime/prune";
import { serviceConfig } from "@/lib/config/services";
import { createIntegrations } from "@/lib/runtime/integrations";

/* Where each setting ends up: a setting that was ignored, or taken for its neighbour, fails here. */

let folder: string;
/** Each with a value of its own, which is no default. */
const NUMBERS = {
  MAX_LATE_MS: "600001",
  MAX_CLOCK_SKEW_MS: "120002",
  INSTANCE_LIVE_MS: "45003",
  ACK_TIMEOUT_MS: "30004",
  IN_FLIGHT_MS: "30005",
  DIRECTIVE_LEASE_S: "306",
  APPROVAL_TTL_MS: "86400007",
  FLEET_WAIT_MS: "2008",
  PROBATION_SAMPLES: "29",
  PROBATION_MS: "900010",
  RETENTION_RAW_DAYS: "11",
  RETENTION_CONTENT_DAYS: "5",
  RETENTION_ROLLUP_DAYS: "92",
  WATCH_INTERVAL_MS: "15013",
  WATCH_RATE_WINDOW: "14m",
  ALERT_GROUP_WAIT_MS: "3015",
  NO_DATA_MS: "300016",
  VERIFY_SETTLE_MS: "30017",
  VERIFY_WINDOW_MS: "120018",
  VERIFY_DEADLINE_MS: "900019",
  CPU_THRESHOLD: "2.1",
  LATENCY_THRESHOLD: "2.2",
  ERROR_THRESHOLD: "0.23",
  CPU_METRIC: "cpu_24",
  LATENCY_METRIC: "latency_25",
  REQUESTS_METRIC: "requests_26",
  REQUESTS_STATUS_LABEL: "status_27",
  MEMORY_METRIC: "memory_28",
  KEY_EVENTS_PER_SECOND: "50029",
  KEY_BYTES_PER_SECOND: "20000030",
  KEY_MAX_AGENTS: "31",
  DRILL_TTL_MS: "86400032",
  LONG_POLL_MAX: "0",
};
const DAY = 86_400_000;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sentinel-settings-"));
  mkdirSync(join(folder, "runbooks"));
  writeFileSync(join(folder, "runbooks/ours.md"), "# Ours\n\nCall Ada.\n");
  Object.assign(process.env, NUMBERS, {
    LIBSQL_URL: `file:${join(folder, "s.db")}`,
    SQLITE_SYNC: "FULL",
    BUDGET_TIME_ZONE: "Europe/Zurich",
    DRILLS_DIR: join(folder, "played"),
    TRUSTED_PROXIES: "2",
    SENTINEL_SECRET: "a secret of more than thirty-two characters",
    SENTINEL_RUNBOOKS_DIR: join(folder, "runbooks"),
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

test("durations and counts of the loop", () => {
  expect(loopConfig()).toEqual({
    maxLateMs: 600_001,
    maxClockSkewMs: 120_002,
    instanceLiveMs: 45_003,
    ackTimeoutMs: 30_004,
    inFlightMs: 30_005,
    directiveLeaseS: 306,
    approvalTtlMs: 86_400_007,
    fleetWaitMs: 2_008,
    probationSamples: 29,
    probationMs: 900_010,
    spendZone: "Europe/Zurich",
  });
  expect(retention()).toEqual({ rawMs: 11 * DAY, rollupMs: 92 * DAY, contentMs: 5 * DAY });
});

test("durations, limits and names of the loop over services", () => {
  expect(serviceConfig(new Map())).toEqual({
    watchMs: 15_013,
    rateWindow: "14m",
    noDataMs: 300_016,
    settleMs: 30_017,
    verifyMs: 120_018,
    verifyDeadlineMs: 900_019,
    approvalTtlMs: 86_400_007,
    groupWaitMs: 3_015,
    signals: {
      metrics: {
        cpu: "cpu_24",
        latency: "latency_25",
        requests: "requests_26",
        status: "status_27",
        memory: "memory_28",
      },
      limits: expect.objectContaining({ cpu: 2.1, latency_p90: 2.2, errors: 0.23 }) as object,
    },
    overrides: new Map(),
  });
});

test("what one key may send and introduce", async () => {
  const key: IngestKey = { id: "k", name: "k", agentId: null, namePrefix: null, scopes: ["events"], services: [] };
  for (const [unit, most] of [
    ["items", "50029 items"],
    ["bytes", "20000030 bytes"],
  ] as const) {
    await charge({ key, user: null, sender: null }, unit, 1e12);
    const more = charge({ key, user: null, sender: null }, unit, 1);
    await expect(more).rejects.toThrow(`Limit per key: ${most} per second`);
  }
  const db = await getDb();
  await migrateDb(db);
  expect(await agentsLeft(db, key)).toBe(31);
});

test("who is asked: proxies in front, and what signs cookies", async () => {
  const headers = new Headers({ "x-forwarded-for": "10.0.0.1, 10.0.0.2, 10.0.0.3" });
  expect(addressOf(headers)).toBe("10.0.0.2");
  expect(await sessionSecret(await getDb())).toBe("a secret of more than thirty-two characters");
});

test("a drill's life and its runbooks; long-polls", async () => {
  const now = Date.now();
  const record = await fireDrill("bad-deploy-01", "Ada", now);
  expect(record.expiresAt - now).toBe(86_400_032);
  const drill = await getDrill(record.id, now);
  expect(await listRunbooks(drill.db)).toMatchObject([{ path: "ours.md" }]);
  await closeDrills();

  const db = await getDb();
  await insert(db, "agents", [agentRow("a")]);
  // None may wait: this would take ten minutes, and be cut off by the test's own patience.
  const signal = new AbortController().signal;
  const began = performance.now();
  await pollDirective(db, "a", { version: 10, waitS: 600, signal, keyId: "k" });
  expect(performance.now() - began).toBeLessThan(300_000);
});

test("models: who is asked for what, and by which key", () => {
  const settings = modelSettings(
    parseEnv({
      SENTINEL_TRIAGE_MODEL: "groq/small",
      SENTINEL_ANALYSIS_MODEL: "openai/large,ollama/spare",
      SENTINEL_JUDGE_MODEL: "anthropic/judge",
      SENTINEL_MODEL_PRICES: "openai/large=2:8",
      OPENAI_API_KEY: "key-1",
      GROQ_API_KEY: "key-2",
      ANTHROPIC_API_KEY: "key-3",
      AZURE_OPENAI_ENDPOINT: "https://ours.openai.azure.com",
      AZURE_OPENAI_API_KEY: "key-4",
      OPENAI_COMPATIBLE_URL: "http://models.local/v1",
      OPENAI_COMPATIBLE_KEY: "key-5",
      OLLAMA_URL: "http://ollama.local:1",
    }),
  );
  expect(settings.roles).toEqual({
    triage: "groq/small",
    analysis: "openai/large,ollama/spare",
    judge: "anthropic/judge",
  });
  expect(settings.endpoints).toMatchObject({
    openai: { apiKey: "key-1" },
    groq: { apiKey: "key-2" },
    anthropic: { apiKey: "key-3" },
    azure: { baseURL: "https://ours.openai.azure.com/openai/v1", apiKey: "key-4" },
    "openai-compatible": { baseURL: "http://models.local/v1", apiKey: "key-5" },
    ollama: { baseURL: "http://ollama.local:1/v1" },
  });
  expect(JSON.stringify(settings.prices instanceof Map ? [...settings.prices] : settings.prices)).toContain(
    "openai/large",
  );
});

test("the database, how safely it writes, and where drills are", async () => {
  const db = await getDb();
  try {
    expect((await db.$client.execute("PRAGMA synchronous")).rows[0]![0]).toBe(2);
    expect((await db.$client.execute("PRAGMA database_list")).rows[0]!["file"]).toBe(join(folder, "s.db"));
    expect(drillsFolder()).toBe(env().DRILLS_DIR);
  } finally {
    await closeDb();
  }
});

describe("what is asked of the world", () => {
  let server: TestServer;
  let heard: Pick<IncomingMessage, "url" | "headers">[];
  beforeEach(async () => {
    heard = [];
    server = await serve(({ url, headers }, response) => {
      heard.push({ url, headers });
      json(response, {}, 404);
    });
  });
  afterEach(() => server.close());
  const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const world = (more: Record<string, string>) => createIntegrations(parseEnv(more));
  const window = { from: 1_779_278_400, to: 1_779_278_460 };

  test.each<[string, Record<string, string>, object]>([
    ["a token", { PROMETHEUS_TOKEN: "p-token", PROMETHEUS_USER: "ignored" }, { authorization: "Bearer p-token" }],
    ["a user", { PROMETHEUS_USER: "ada", PROMETHEUS_PASSWORD: "p-word" }, { authorization: basic("ada", "p-word") }],
    ["headers", { PROMETHEUS_HEADERS: '{"X-Scope-OrgID":"team-a"}' }, { "x-scope-orgid": "team-a" }],
  ])("Prometheus, with %s", async (_, more, headers) => {
    const { prometheus, watched } = await world({ PROMETHEUS_URL: server.url, ...more });
    for (const reader of [prometheus, watched]) await reader!.instant("up");
    expect(heard).toMatchObject([{ headers }, { headers }]);
  });

  test.each<[string, Record<string, string>, object]>([
    ["a token", { LOKI_TOKEN: "l-token", LOKI_USER: "ignored" }, { authorization: "Bearer l-token" }],
    ["a user", { LOKI_USER: "ada", LOKI_PASSWORD: "l-word" }, { authorization: basic("ada", "l-word") }],
    ["headers", { LOKI_HEADERS: '{"X-Scope-OrgID":"team-b"}' }, { "x-scope-orgid": "team-b" }],
  ])("Loki, with %s and the label of services", async (_, more, headers) => {
    const { logs } = await world({ LOKI_URL: server.url, LOKI_SERVICE_LABEL: "app", ...more });
    await logs(null as never)[1]!.read({ node: "api", ...window, limit: 1 });
    expect(heard[0]).toMatchObject({ headers });
    expect(new URL(heard[0]!.url!, server.url).searchParams.get("query")).toBe('{app="api"}');
  });

  test("Kubernetes, its namespace, with a token or the file that holds one", async () => {
    const file = join(folder, "token");
    writeFileSync(file, "from-file\n");
    const url = { KUBERNETES_URL: server.url, KUBERNETES_NAMESPACE: "shop" };
    await (await world({ ...url, KUBERNETES_TOKEN: "k-token" })).kubernetes!.events(window);
    await (
      await world({ ...url, KUBERNETES_TOKEN: "k-token", KUBERNETES_TOKEN_FILE: file })
    ).kubernetes!.events(window);
    expect([...new Set(heard.map(({ headers }) => headers.authorization))]).toEqual([
      "Bearer k-token",
      "Bearer from-file",
    ]);
    for (const { url: asked } of heard) expect(asked).toContain("/namespaces/shop/");
    await expect(world({ ...url, KUBERNETES_CA_FILE: join(folder, "no-such-file") })).rejects.toThrow("no-such-file");
  });

  test("embeddings, their model and key", async () => {
    const { embedder } = await world({
      SENTINEL_EMBEDDING_URL: `${server.url}/v1`,
      SENTINEL_EMBEDDING_MODEL: "small",
      SENTINEL_EMBEDDING_KEY: "e-key",
    });
    expect(embedder).toMatchObject({ model: "small" });
    await embedder!.embed(["one"]);
    expect(heard[0]).toMatchObject({ url: "/v1/embeddings", headers: { authorization: "Bearer e-key" } });
    expect((await world({ SENTINEL_EMBEDDING_URL: server.url })).embedder).toBeNull();
  });

  test("GitHub's API, with its token, by an operation of the allow-list's file", async () => {
    const file = join(folder, "actions.json");
    const revert = { name: "revert", kind: "rollback_pr", services: ["*"], owner: "acme", repo: "shop", paths: ["{service}/"], remedies: ["deploy_regression"] }; // prettier-ignore
    writeFileSync(file, JSON.stringify({ operations: [revert] }));
    await expect(world({ SENTINEL_ACTIONS_FILE: file })).rejects.toThrow(/need a GitHub token/);
    const { allowList, operator } = await world({ SENTINEL_ACTIONS_FILE: file, GITHUB_API_URL: server.url, GITHUB_TOKEN: "g-token" }); // prettier-ignore
    const prepared = prepare(allowList, "revert", {}, "api");
    if (!prepared.ok) throw new Error(prepared.reason);
    await operator.perform(prepared.value, { idempotencyKey: "act_1" });
    expect(heard[0]).toMatchObject({ headers: { authorization: "Bearer g-token" } });
    expect(heard[0]!.url).toMatch(/^\/repos\/acme\/shop/);
  });

  test("webhooks are signed with their secret, and are not offered without one", async () => {
    const file = join(folder, "webhooks.json");
    const call = { name: "restart", kind: "webhook", title: "Restart", services: ["*"], url: "https://ops.example/restart", remedies: ["crash"], risk: "reversible", blast_radius: "one" }; // prettier-ignore
    writeFileSync(file, JSON.stringify({ operations: [call] }));
    await expect(world({ SENTINEL_ACTIONS_FILE: file })).rejects.toThrow(/no usable secret/);
    const SENTINEL_WEBHOOK_SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    expect(
      (await world({ SENTINEL_ACTIONS_FILE: file, SENTINEL_WEBHOOK_SECRET })).allowList.entries.has("restart"),
    ).toBe(true);
  });

  test("a libSQL server, with its token", async () => {
    const { LIBSQL_URL: url, LIBSQL_AUTH_TOKEN: authToken } = parseEnv({
      LIBSQL_URL: server.url,
      LIBSQL_AUTH_TOKEN: "db-token",
    });
    const db = await openDb({ url, ...(authToken ? { authToken } : {}) });
    await expect(db.$client.execute("SELECT 1")).rejects.toThrow("404");
    expect(heard[0]).toMatchObject({ headers: { authorization: "Bearer db-token" } });
    db.$client.close();
  });
});
