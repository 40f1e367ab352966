import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { IngestKey } from "@/lib/auth/keys";
import { write } from "@/lib/db/client";
import { listOpenServiceIncidents } from "@/lib/db/queries/services";
import { listIncidentSignals, listSignals } from "@/lib/db/queries/signals";
import { listActionRunsOf } from "@/lib/db/queries/healing";
import { findInvestigation } from "@/lib/db/queries/investigations";
import { services, spanRollups } from "@/lib/db/schema";
import { read } from "@/lib/ingest/otlp/read";
import { type Taken, takeOtlp } from "@/lib/ingest/otlp/take";
import { decideOnly } from "@/lib/response/test-waiting";
import { findServiceDetail } from "@/lib/views/services";
import { findStory } from "@/lib/views/service-story";
import { TestEstate } from "./test-estate";

const STEP_MS = 15_000;
const KEY: IngestKey = { id: "key", name: "collector", agentId: null, namePrefix: null, scopes: ["events", "logs"], services: ["*"] }; // prettier-ignore

let estate: TestEstate;
beforeEach(async () => {
  estate = await TestEstate.open();
  estate.metrics = false;
});
afterEach(() => estate.end());

interface Served {
  service: string;
  /** Spans of one request. */
  spans: number;
  failed?: number;
  ms?: number;
  endsAt?: number;
  kind?: number;
  status?: number;
}

/** An export request of server spans, as a collector sends it. */
const body = (list: readonly Served[], endsAt: number) => ({
  resourceSpans: list.map(({ service, spans, failed = 0, ms = 40, kind = 2, status, endsAt: at = endsAt }) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
    scopeSpans: [
      {
        scope: { name: "http" },
        spans: Array.from({ length: spans }, (_, i) => ({
          traceId: randomBytes(16).toString("hex"),
          spanId: randomBytes(8).toString("hex"),
          name: "GET /",
          kind,
          startTimeUnixNano: `${at - ms}000000`,
          endTimeUnixNano: `${at}000000`,
          attributes: status ? [{ key: "http.response.status_code", value: { intValue: String(status) } }] : [],
          status: { code: i < failed ? 2 : 0 },
        })),
      },
    ],
  })),
});
const take = (json: unknown, key = KEY, now = estate.now): Promise<Taken> =>
  takeOtlp(estate.db, read("traces", { json }), { key, prices: new Map() }, now);

/** Time goes by: before each look, a batch of each service. */
async function pass(minutes: number, batch: (at: number, i: number) => Served[]): Promise<void> {
  for (let i = 0; i < (minutes * 60_000) / STEP_MS; i++) {
    const list = batch(estate.now + STEP_MS, i);
    if (list.length > 0) await take(body(list, estate.now + STEP_MS - 1), KEY, estate.now + STEP_MS);
    estate.now += STEP_MS;
    await estate.rest();
  }
}
const well = (i: number): Served[] => [
  { service: "shop", spans: 30 + (i % 3) },
  { service: "ledger", spans: 20 + (i % 2), ms: 15 },
];

test("a service known by its spans alone is judged, has an incident of its own, and its recovery is measured", async () => {
  await pass(20, (_, i) => well(i));
  expect(await findServiceDetail(estate.db, "shop")).toMatchObject({
    service: {
      state: "healthy",
      source: "traces",
      watched: true,
      measured_by: "traces",
      signals: [
        { name: "latency_p90", value: expect.closeTo(0.04, 2) },
        { name: "errors", value: 0 },
        { name: "requests", unit: "per_second", value: expect.closeTo(2, 0), query: 'traces_requests{service="shop"}' },
      ],
    },
  });
  expect(await listOpenServiceIncidents(estate.db)).toEqual([]);

  const cured = estate.now + 4 * 60_000;
  const faulty = (at: number, i: number) =>
    at < cured ? [{ service: "shop", spans: 30, failed: 12 }, ...well(i).slice(1)] : well(i);
  await pass(2, faulty);
  const [incident, ...more] = await listOpenServiceIncidents(estate.db);
  expect(more).toEqual([]);
  expect(incident).toMatchObject({ causeNode: "shop", state: "awaiting_approval" });
  expect(await listIncidentSignals(estate.db, incident!.id)).toContainEqual(
    expect.objectContaining({ serviceId: "shop", name: "errors", query: 'traces_errors{service="shop"}' }),
  );
  const story = await findStory(estate.db, incident!.id);
  const errors = story!.series.find(({ node, name }) => node === "shop" && name === "errors")!;
  expect(Math.max(...errors.points.map(([, value]) => value))).toBeGreaterThan(0.1);
  expect(Math.min(...errors.points.map(([, value]) => value))).toBe(0);
  const { report } = (await findInvestigation(estate.db, incident!.id))!;
  expect((report as { couldNotLook: { source: string }[] }).couldNotLook.map(({ source }) => source)).not.toContain("metrics"); // prettier-ignore

  await decideOnly(estate.db, "approve", { id: "user-1", name: "Ada" }, estate.now);
  await pass(9, faulty);
  const [run] = await listActionRunsOf(estate.db, incident!.id);
  expect(run).toMatchObject({ state: "done", outcome: "recovered" });
  expect(await listOpenServiceIncidents(estate.db)).toEqual([]);
});

test("a service that serves nothing any more while others do is noticed by its requests; it is not called healthy", async () => {
  await pass(30, (_, i) => well(i));
  await pass(5, (_, i) => well(i).slice(1));
  const signals = await listSignals(estate.db, ["shop"]);
  expect(signals.find(({ name }) => name === "requests")).toMatchObject({ value: 0, state: "out_of_band" });
  expect(signals.find(({ name }) => name === "errors")).toMatchObject({ state: "unknown" });
  expect(await findServiceDetail(estate.db, "shop")).toMatchObject({ service: { state: "degraded" } });
  expect((await findServiceDetail(estate.db, "ledger"))!.service.state).toBe("healthy");
  expect(await listOpenServiceIncidents(estate.db)).toMatchObject([{ title: expect.stringContaining("shop") }]);
});

test("a batch that is sent again counts once; what is too old, early or nobody's is counted as dropped, with the reason", async () => {
  const once = body([{ service: "shop", spans: 10, status: 503 }], estate.now - 1);
  await take(once);
  await take(once);
  const rows = () => estate.db.select().from(spanRollups);
  expect(await rows()).toMatchObject([{ serviceId: "shop", requests: 10, errors: 10 }]);
  const day = 24 * 60 * 60_000;
  for (const off of [-day, day])
    expect(await take(body([{ service: "shop", spans: 3, endsAt: estate.now + off }], estate.now))).toEqual({
      rejected: 3,
      message: "3: timestamp: server spans must have ended within the last 10 minutes to count for their service",
    });
  // A key for agents, and one for another service: theirs is not to say.
  for (const key of [{ ...KEY, scopes: ["events"] as const }, { ...KEY, services: ["ledger"] }])
    expect(await take(body([{ service: "shop", spans: 3 }], estate.now - 1), key as IngestKey)).toMatchObject({ rejected: 0 }); // prettier-ignore
  expect(await rows()).toHaveLength(1);
  const counted = await estate.db.query.otlpRecords.findMany({ columns: { fate: true, name: true, records: true } });
  expect(new Set(counted.map(({ fate, name, records }) => `${records} ${fate} ${name.slice(0, 9)}`))).toEqual(
    new Set(["20 taken ", "6 dropped ", "6 dropped timestamp"]),
  );
});

test("what Prometheus measures is measured there alone; a sender that makes up services fills nothing", async () => {
  await take(body([{ service: "shop", spans: 1 }], estate.now - 1));
  await write(estate.db, [{ sql: "UPDATE services SET label_key = 'job' WHERE id = 'shop'", args: [] }]);
  await take(body([{ service: "shop", spans: 5 }], estate.now - 1));
  expect(await estate.db.select().from(spanRollups)).toMatchObject([{ requests: 1 }]);
  const made = Array.from({ length: 3_000 }, (_, i) => ({ service: `made-up-${i}`, spans: 1 }));
  expect(await take(body(made, estate.now - 1))).toEqual({
    rejected: 1_001,
    message: "1001: service.name: too many services are known from traces alone",
  });
  expect(await estate.db.$count(services)).toBe(2_000);
});
