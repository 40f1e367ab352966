import { afterEach, beforeEach, expect, it } from "vitest";
import { createDetector } from "@/lib/core/detection/detect";
import type { SignalNow } from "@/lib/core/services/signal-watch";
import { DEFAULT_SIGNALS } from "@/lib/core/services/signals";
import { write } from "../client";
import { addCalls, enterService, enterWatched, getService, listEdges, listServices, markServicesSeen, saveBaselines } from "./services"; // prettier-ignore
import { listSignals, saveSignals } from "./signals";
import { openTestDb } from "./test-world";

const NOW = 1_700_000_000_000;
const HOSTILE = `a "name" -- '); DROP TABLE services`;

let opened: Awaited<ReturnType<typeof openTestDb>>;
beforeEach(async () => {
  opened = await openTestDb();
});
afterEach(() => opened.close());

const watched = (name: string, selector = { job: name }) => ({ name, labelKey: "job", selector });

it("enters what metrics tell of, watches what was known by name only, and leaves what is watched as it is", async () => {
  const { db } = opened;
  await write(db, [
    enterService(db, "named", "alert", NOW - 1_000),
    enterService(db, "measured", "prometheus", NOW - 1_000, { labelKey: "app", labels: { app: "measured" } }),
  ]);
  await write(db, [enterWatched([watched("named"), watched("measured"), watched(HOSTILE)], NOW)]);
  const services = await listServices(db);
  expect(services.map(({ id, source, labelKey, labels, state, firstSeenAt }) => ({ id, source, labelKey, labels, state, firstSeenAt }))).toEqual([
    { id: HOSTILE, source: "prometheus", labelKey: "job", labels: { job: HOSTILE }, state: "unknown", firstSeenAt: NOW },
    { id: "measured", source: "prometheus", labelKey: "app", labels: { app: "measured" }, state: "unknown", firstSeenAt: NOW - 1_000 },
    { id: "named", source: "alert", labelKey: "job", labels: { job: "named" }, state: "unknown", firstSeenAt: NOW - 1_000 },
  ]); // prettier-ignore
});

it("enters calls with both of their ends, once", async () => {
  const { db } = opened;
  const calls = [
    { caller: "web", callee: "api", via: "traces" },
    { caller: "api", callee: HOSTILE, via: "mesh" },
  ];
  for (const now of [NOW, NOW + 1_000]) await write(db, addCalls(calls, now));
  expect((await listServices(db)).map(({ id, source }) => [id, source])).toEqual([
    [HOSTILE, "traces"],
    ["api", "traces"],
    ["web", "traces"],
  ]);
  expect((await listEdges(db)).toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
    ["api", HOSTILE],
    ["web", "api"],
  ]);
});

it("keeps a look at many services; what was not measured keeps its last value and the time of it", async () => {
  const { db } = opened;
  await write(db, [enterWatched([watched("a"), watched("b")], NOW - 60_000)]);
  const cpu = DEFAULT_SIGNALS.find(({ name }) => name === "cpu")!;
  const signal = (value: number | null, more: Partial<SignalNow> = {}) =>
    ({ name: "cpu", value, state: value === null ? "unknown" : "in_band", since: NOW, expected: { low: 0.1, mid: 0.2, high: 1 / 3 }, news: null, ...more }) as SignalNow; // prettier-ignore
  const look = (of: Record<string, SignalNow>) =>
    Object.entries(of).map(([serviceId, one]) => ({ serviceId, signal: one, query: `cpu of "${serviceId}"`, spec: cpu })); // prettier-ignore
  const state = createDetector();
  await write(db, [
    saveSignals(look({ a: signal(0.1 + 0.2), b: signal(0) }), NOW),
    saveBaselines([["a", { ...state, seen: 7 }]]),
    markServicesSeen(["a"], NOW),
  ]);
  await write(db, [saveSignals(look({ a: signal(null, { expected: null }), b: signal(2) }), NOW + 15_000)]);
  const rows = (await listSignals(db)).toSorted((x, y) => (x.serviceId < y.serviceId ? -1 : 1));
  expect(rows).toMatchObject([
    { serviceId: "a", query: 'cpu of "a"', state: "unknown", value: 0.1 + 0.2, valueAt: NOW, expected: null, unit: cpu.unit },
    { serviceId: "b", value: 2, valueAt: NOW + 15_000, expected: { low: 0.1, mid: 0.2, high: 1 / 3 }, upper: cpu.upper ?? null },
  ]); // prettier-ignore
  expect(await getService(db, "a")).toMatchObject({ lastSeenAt: NOW, baseline: { ...state, seen: 7 } });
  expect(await getService(db, "b")).toMatchObject({ lastSeenAt: NOW - 60_000, baseline: null });
});
