import { afterEach, beforeEach, expect, it } from "vitest";
import type { EventType } from "@/lib/core/base/events";
import { type Db, write } from "@/lib/db/client";
import { incidents, services, streamEvents } from "@/lib/db/schema";
import { loadServicesOverview } from "./services-overview";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => void ({ db, close } = await openTestDb()));
afterEach(() => close());

const service = (id: string, state: "down" | "unknown") =>
  db.insert(services).values({ id, state, source: "alert", stateSince: NOW, firstSeenAt: NOW, lastSeenAt: NOW });
const incident = (id: string, kind: "service" | "agent") =>
  db
    .insert(incidents)
    .values({ id, kind, state: "resolved", title: id, severity: 5, mode: "recommend", onsetAt: NOW, openedAt: NOW });
const event = (incidentId: string, type: EventType, at: number) =>
  db.insert(streamEvents).values({ at, type, incidentId, text: type, data: {} });

it("has nothing to tell of nothing", async () => {
  expect(await loadServicesOverview(db)).toEqual({
    total: 0,
    by_state: { healthy: 0, degraded: 0, down: 0, unknown: 0 },
    firing: 0,
    time_to_acknowledge: null,
    time_to_resolve: null,
  });
});

it("counts states, and takes times from the first answer and the end of service incidents only", async () => {
  await write(db, [
    service("db", "down"),
    service("mail", "unknown"),
    service("shop", "unknown"),
    incident("one", "service"),
    incident("two", "service"),
    incident("agents", "agent"),
    event("one", "approval.approved", NOW + 3_000),
    event("one", "approval.rejected", NOW + 9_000),
    event("one", "incident.resolved", NOW + 60_000),
    event("two", "incident.dismissed", NOW + 5_000),
    event("agents", "approval.approved", NOW + 1),
    event("agents", "incident.resolved", NOW + 1),
  ]);
  const overview = await loadServicesOverview(db);
  expect(overview).toMatchObject({ total: 3, by_state: { healthy: 0, degraded: 0, down: 1, unknown: 2 } });
  expect(overview.time_to_acknowledge).toEqual({ p50: 4_000, p90: 4_800, n: 2 });
  expect(overview.time_to_resolve).toEqual({ p50: 60_000, p90: 60_000, n: 1 });
});
