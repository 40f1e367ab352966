import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createKey } from "@/lib/auth/keys";
import { EVENT_FIELDS } from "@/lib/contracts/event";
import { IngestAnswer } from "@/lib/contracts/ingest";
import { Problem } from "@/lib/contracts/problem";
import { getDb } from "@/lib/db/client";
import { openServerDb } from "@/lib/db/queries/test-world";
import { agentLoop, stopAgentLoop } from "@/lib/runtime/agent-loop";
import { metrics } from "@/lib/metrics";
import { POST } from "./route";

/** What the table of bad input asks for. */
const BODIES = 10_000;

let close: () => Promise<void>;
let secret: string;
beforeAll(async () => {
  process.env["KEY_EVENTS_PER_SECOND"] = "10000000";
  const opened = await openServerDb();
  ({ close } = opened);
  const { db } = opened;
  ({ secret } = await createKey(db, { name: "fuzz", createdBy: "test" }, Date.now()));
});
afterAll(async () => {
  await stopAgentLoop();
  await close();
});

const post = (body: Uint8Array | string, headers: Record<string, string> = {}) =>
  POST(
    new Request("http://localhost/api/v1/ingest", {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", ...headers },
      body: body as BodyInit,
    }),
    { params: Promise.resolve({}) },
  );

const NUMBERS = [-1, 0, -0, 1e308, -1e308, Number.MAX_SAFE_INTEGER, 5e-324, 1e12, 1.5, 1e11, 1e13, 1.7e9];
const TEXTS = [
  "",
  "false",
  "NaN",
  "Infinity",
  "0",
  "\u0000",
  "\ud800",
  "a\nb",
  "\u202e",
  "x".repeat(201),
  "x".repeat(5_000),
];
const NAMES = ["<script>alert(1)</script>", "'; DROP TABLE agents; --", "__proto__", "constructor", "toString"];
const TIMES = ["2026-01-01T00:00:00Z", "2026-13-45T99:00:00Z"];
const SHAPES: unknown[] = [true, false, null, [], {}, [[]], { toString: 1 }, ["a", 1], { "": "" }];
const evil = fc.constantFrom<unknown>(...NUMBERS, ...TEXTS, ...NAMES, ...TIMES, ...SHAPES);
const value = fc.oneof({ weight: 3, arbitrary: evil }, { weight: 1, arbitrary: fc.jsonValue() });
const field = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...EVENT_FIELDS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constantFrom("__proto__", "constructor", "events", "vitals") },
);
/** From almost good to hopeless: a plain id with a few fields of any kind. */
const event = fc
  .tuple(
    fc.oneof(fc.constantFrom("a", "b", "__proto__", "<b>"), value),
    fc.array(fc.tuple(field, value), { maxLength: 6 }),
  )
  .map(([id, pairs]) => Object.fromEntries<unknown>([["agent_id", id], ...pairs]));
const shaped = fc.oneof(
  event,
  fc.array(fc.oneof({ weight: 4, arbitrary: event }, { weight: 1, arbitrary: value }), { maxLength: 4 }),
  fc.array(event, { maxLength: 4 }).map((events) => ({ events })),
  fc.array(event, { maxLength: 4 }).map((vitals) => ({ vitals })),
  fc.record({ events: value }),
  value,
);
const text = fc.oneof(
  { weight: 6, arbitrary: shaped.map((body) => JSON.stringify(body)) },
  { weight: 1, arbitrary: fc.json() },
  {
    weight: 2,
    arbitrary: fc
      .tuple(shaped, fc.nat(), fc.constantFrom("", "}", "[", ",", "NaN", "Infinity", "1e999", "\\u", '"', "\u0000"))
      .map(([body, at, junk]) => {
        const whole = JSON.stringify(body);
        const cut = at % (whole.length + 1);
        return whole.slice(0, cut) + junk + whole.slice(cut + 1);
      }),
  },
);
const body = fc.oneof(
  { weight: 8, arbitrary: text.map((t) => ({ bytes: Buffer.from(t), headers: {} })) },
  { weight: 1, arbitrary: text.map((t) => ({ bytes: gzipSync(t), headers: { "content-encoding": "gzip" } })) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((b) => ({ bytes: Buffer.from(b), headers: {} })) },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 64 })
      .map((b) => ({ bytes: Buffer.from(b), headers: { "content-encoding": "gzip" } })),
  },
);

test(`${BODIES} fuzzed bodies: never a 5xx, every refusal says where, and the sweep is alive after them`, async () => {
  const seen: Record<number, number> = {};
  await fc.assert(
    fc.asyncProperty(body, async ({ bytes, headers }) => {
      const answer = await post(bytes, headers);
      seen[answer.status] = (seen[answer.status] ?? 0) + 1;
      if (answer.status === 200) {
        const { accepted, duplicates } = IngestAnswer.parse(await answer.json());
        expect(accepted + duplicates).toBeGreaterThan(0);
        return;
      }
      expect(answer.status).toBe(400);
      const { errors, offset, detail } = Problem.parse(await answer.json());
      expect(errors?.length || offset !== undefined || detail).toBeTruthy();
    }),
    { numRuns: BODIES },
  );
  // Both outcomes were really exercised.
  expect(seen[200]).toBeGreaterThan(BODIES / 20);
  expect(seen[400]).toBeGreaterThan(BODIES / 4);

  const good = { agent_id: "after-the-storm", latency_ms: 100, timestamp: Date.now() };
  expect((await post(JSON.stringify(good))).status).toBe(200);
  const report = await agentLoop().run();
  expect(report.failed).toEqual([]);
  const failures = await metrics().sweepFailures.get();
  expect(failures.values.map(({ value: n }) => n)).toEqual([0]);
  const { rows } = await (await getDb()).$client.execute("SELECT state FROM agents WHERE id = 'after-the-storm'");
  expect(rows).toHaveLength(1);
});

test("no prototype was polluted", () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
});
