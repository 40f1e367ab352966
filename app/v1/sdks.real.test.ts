import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveHere } from "@/lib/http/test-server";
import { createKey } from "@/lib/auth/keys";
import type { Db } from "@/lib/db/client";
import { listRuns } from "@/lib/db/queries/runs";
import { openServerDb } from "@/lib/db/queries/test-world";
import { createSweeper } from "@/lib/detection/sweeper";
import { sweep } from "@/lib/runtime/sweep";
import { CONFIG } from "@/lib/runtime/test-fleet";
import * as logs from "./logs/route";
import * as metrics from "./metrics/route";
import * as traces from "./traces/route";

/** A Python with what e2e/otel/requirements.txt pins: the official SDK and exporter. Without it this is skipped and counted. */
const PYTHON = process.env["OTEL_PYTHON"] ?? join(tmpdir(), "otel-python", "bin", "python");
/** The Collector of the official components. It takes minutes to build (`go build` in e2e/otel/collector), so it is tried only where one is named. */
const COLLECTORS = [process.env["OTELCOL"] ?? []].flat();
const SEND_MS = 60_000;

let db: Db;
let key: string;
let server: Awaited<ReturnType<typeof serveHere>>;
let url: string;
let close: () => Promise<void>;
/** One for all tests: another would wait for this one's leases to end. */
const sweeper = createSweeper();
/** Content types and encodings of what came. */
const came = new Set<string>();

beforeAll(async () => {
  ({ db, close } = await openServerDb());
  key = (await createKey(db, { name: "real", createdBy: "t", scopes: ["events"] }, 1)).secret;
  server = await serveHere((request, [, signal]) => {
    const { headers } = request;
    came.add(`${headers.get("content-type")} ${headers.get("content-encoding") ?? "plain"}`);
    // The routes that a built server has.
    return { logs, metrics, traces }[signal as "logs"].POST(request, { params: Promise.resolve({}) });
  });
  ({ url } = server);
});
afterAll(async () => {
  server.stop();
  await close();
});

/** Sends a run by the Python SDK, and reads it as it is shown. */
async function sent(to: string, bearer: string, age: string, compression: string) {
  const agent = `python-${to === url ? "direct" : "collector"}-${age}-${compression}`;
  const args = ["e2e/otel/send_spans.py", to, bearer, agent, age, compression];
  const { stdout } = await promisify(execFile)(PYTHON, args, { timeout: SEND_MS, env: { NODE_ENV: "test" } });
  await expect
    .poll(async () => {
      await sweep(db, Date.now(), CONFIG, sweeper);
      return listRuns(db, agent);
    })
    .toMatchObject([
      { run_id: stdout.trim(), model_calls: 2, tool_calls: 1, errors: 1, tokens: 2_200, cost: 0.007 },
    ]); // prettier-ignore
}

const AGES = ["new", "old", "openinference"];
const WAYS = AGES.flatMap((age) => ["none", "gzip"].map((compression) => [age, compression] as const));

test.skipIf(!existsSync(PYTHON)).each(WAYS)("spans by the Python SDK: %s, %s", async (age, compression) => {
  await sent(url, key, age, compression);
  expect(came).toContain(`application/x-protobuf ${compression === "gzip" ? "gzip" : "plain"}`);
});

test.each(COLLECTORS)("spans by the Python SDK through the real Collector: %s", async (program) => {
  const folder = mkdtempSync(join(tmpdir(), "otelcol-"));
  const probe = createSocket().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  const config = join(folder, "config.json");
  const pipeline = { receivers: ["otlp"], processors: ["batch"], exporters: ["otlphttp"] };
  const one = {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      processors: { batch: { timeout: "200ms" } },
      exporters: { otlphttp: { endpoint: url, headers: { Authorization: `Bearer ${key}` } } },
      service: { telemetry: { metrics: { level: "none" } }, pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline } },
    }; // prettier-ignore
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(one));
  const collector = spawn(program, ["--config", `file:${config}`], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(collector, "exit");
  let output = "";
  collector.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  try {
    await expect.poll(() => output, { timeout: SEND_MS }).toContain("Everything is ready");
    for (const age of AGES) await sent(`http://127.0.0.1:${port}`, "", age, "none");
    expect(came).toContain("application/x-protobuf gzip");
  } finally {
    collector.kill();
    await ended;
    rmSync(folder, { recursive: true });
  }
});
