import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeDb, type Db, getDb } from "@/lib/db/client";
import { migratedFile } from "@/lib/db/queries/test-world";
import { serve, type TestServer } from "@/lib/evidence/test-server";
import { readProtobuf } from "@/lib/ingest/otlp/protobuf";
import type { Point, Span } from "@/lib/ingest/otlp/shape";
import { agentLoop, stopAgentLoop } from "./agent-loop";
import { startTelemetry } from "./telemetry";
import { TestFleet } from "./test-fleet";

/** A collector that does as it is told, and our own decoder behind it. */
let mood: "takes" | "hangs" | "fails" = "takes";
const got: { path: string; authorization: string | undefined; body: Uint8Array }[] = [];
let collector: TestServer;
let db: Db;
let remove: () => Promise<void>;
let fleet: TestFleet;

const AGENTS = ["hermes-1", "hermes-2", "hermes-3"];

beforeAll(async () => {
  collector = await serve(async (request: IncomingMessage, response) => {
    const body = new Uint8Array(await buffer(request));
    got.push({ path: request.url!, authorization: request.headers.authorization, body });
    if (mood === "hangs") return;
    response.writeHead(mood === "fails" ? 500 : 200).end();
  });
  const file = await migratedFile();
  ({ remove } = file);
  Object.assign(process.env, {
    LIBSQL_URL: file.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20hunter2,x-tenant=a",
  });
  db = await getDb();
  fleet = await TestFleet.open({}, Promise.resolve({ db, url: file.url, close: async () => undefined }));
});
afterAll(async () => {
  await stopAgentLoop();
  await closeDb();
  await collector.close();
  await remove();
});

const points = (): Point[] =>
  got.flatMap(({ path, body }) =>
    path === "/v1/metrics"
      ? [...readProtobuf("metrics", body, () => true)].flatMap(({ record }) => (record ? [record as Point] : []))
      : [],
  );
const spans = (): Span[] =>
  got.flatMap(({ path, body }) =>
    path === "/v1/traces" ? [...readProtobuf("traces", body, () => true)].map(({ record }) => record as Span) : [],
  );
const sum = (metric: string, of: "value" | "count" = "value") =>
  points()
    .filter((point) => point.metric === metric)
    .reduce((total, point) => total + point[of], 0);

test("executions, incidents, quarantines, approvals, sweeps and investigations reach the collector", async () => {
  const end = await startTelemetry();
  fleet.now = Date.now() - 30 * 60_000;
  await fleet.treat("Research", "act", ["none"], 0);
  await fleet.learn(AGENTS, 80);
  fleet.faults.set(AGENTS[0]!, (event) => ({ ...event, input_tokens: 1e5, token_count: 1e5, output_tokens: 9e4 }));
  await fleet.until(AGENTS, async () => (await fleet.state(AGENTS[0]!)) === "quarantined", 20);
  await fleet.ticks(AGENTS.slice(1), 5);
  // A sweep of the loop itself, by the clock on the wall.
  fleet.now = Date.now();
  await fleet.send(AGENTS.slice(1).map((id) => fleet.call(id)));
  await agentLoop().run();
  await end();

  const { rows } = await db.$client.execute("SELECT count(*) AS n, sum(body->>'input_tokens') AS t FROM agent_events");
  const executions = await db.$client.execute(
    "SELECT count(*) AS n FROM agent_events WHERE kind IN ('model_call', 'tool_call', 'run_end')",
  );
  expect(Number(rows[0]!.n)).toBeGreaterThan(200);
  expect(sum("agent.execution.count")).toBe(Number(executions.rows[0]!.n));
  expect(sum("agent.execution.input_tokens")).toBe(Number(rows[0]!.t));
  expect(sum("agent.execution.latency_ms", "count")).toBe(Number(executions.rows[0]!.n));
  for (const metric of ["token_count", "tool_calls", "retries", "output_tokens", "cost"])
    expect(sum(`agent.execution.${metric}`, "count")).toBeGreaterThan(0);
  const told = async (types: string) =>
    Number((await db.$client.execute(`SELECT count(*) AS n FROM stream_events WHERE ${types}`)).rows[0]!.n);
  expect(sum("immune.infection.detected")).toBe(await told("type = 'incident.opened'"));
  expect(sum("immune.approval.events")).toBe(await told("type LIKE 'approval.%'"));
  expect(sum("immune.quarantine.events")).toBe(
    await told("type IN ('agent.quarantined', 'agent.paused') OR type LIKE 'containment.%'"),
  );
  expect(sum("immune.quarantine.events")).toBeGreaterThan(0);

  const sweepSpan = spans().find(({ name }) => name === "sweep")!;
  expect(sweepSpan).toMatchObject({ parent: "", failed: false });
  const below = spans().filter(({ parent }) => parent === sweepSpan.id);
  expect(below.map(({ name }) => name)).toContain("sweep events");
  for (const part of below) expect(part.end).toBeGreaterThan(part.start);
  expect(spans().map(({ name }) => name)).toContain("investigation");

  expect(got.every(({ authorization }) => authorization === "Bearer hunter2")).toBe(true);
  const all = got.map(({ body }) => Buffer.from(body).toString("latin1")).join("\n");
  expect(all).toContain("Research");
  expect(all).not.toMatch(/hermes|hunter2/);
});

test.each(["fails", "hangs"] as const)("a collector that %s holds up neither the sweep nor the end", async (how) => {
  mood = how;
  got.length = 0;
  const end = await startTelemetry();
  await fleet.send(AGENTS.slice(1).map((id) => fleet.call(id)));
  expect(await agentLoop().run()).toMatchObject({ events: 2, failed: [] });
  const began = performance.now();
  await end();
  expect(performance.now() - began).toBeLessThan(3_000);
  expect(got.map(({ path }) => path).toSorted()).toContain("/v1/metrics");
});
