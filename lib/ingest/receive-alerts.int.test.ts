import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseDatadog } from "./sources/datadog/parse";
import { DatadogBody } from "./sources/datadog/schema";
import { DATADOG_TEMPLATE } from "./sources/datadog/template";
import { parseGeneric } from "./sources/generic/parse";
import { GenericBody } from "./sources/generic/schema";
import { parsePagerDuty } from "./sources/pagerduty/parse";
import { PagerDutyBody } from "./sources/pagerduty/schema";
import { parseWebhook } from "./sources/alertmanager/parse";
import { WebhookBody } from "./sources/alertmanager/schema";
import { write } from "@/lib/db/client";
import { listSubjects, listTimeline } from "@/lib/db/queries/incidents";
import { addEdge, enterService, findService } from "@/lib/db/queries/services";
import { alerts, incidents } from "@/lib/db/schema";
import { openMaintenance } from "@/lib/response/services/maintain";
import { receiveAlerts } from "./receive-alerts";
import { TestEstate } from "@/lib/runtime/test-estate";

let estate: TestEstate;
beforeEach(async () => {
  estate = await TestEstate.open();
});
afterEach(() => estate.end());

const iso = (at: number) => new Date(at).toISOString();
/** Every incident with its severity and services, in the order in which they opened. */
async function all() {
  const list = await estate.db.select().from(incidents).orderBy(incidents.openedAt, incidents.title);
  return Promise.all(
    list.map(async ({ id, severity, state, previousIncidentId }) => ({
      id,
      severity,
      state,
      previousIncidentId,
      services: (await listSubjects(estate.db, id)).map(({ subjectId }) => subjectId).toSorted(),
    })),
  );
}
const take = (list: ReturnType<typeof parseGeneric>) => {
  expect(list.rejected).toEqual([]);
  return receiveAlerts(estate.db, "source-1", list.alerts, estate.now);
};
const alertmanager = (...labels: Record<string, string>[]) =>
  take(
    parseWebhook(
      "alertmanager",
      WebhookBody.parse({
        alerts: labels.map((one) => ({
          status: "firing",
          labels: { alertname: "Slow", severity: "critical", ...one },
          startsAt: iso(estate.now - 60_000),
        })),
      }),
      estate.now,
    ),
  );
const pagerduty = (event_type: string, priority: string, more: object = {}) =>
  take(
    parsePagerDuty(
      PagerDutyBody.parse({
        event: {
          event_type,
          occurred_at: iso(estate.now),
          data: {
            id: "P1",
            status: "triggered",
            title: "Slow",
            incident_key: "k",
            created_at: iso(Date.UTC(2026, 4, 20, 11, 59)),
            priority: { summary: priority },
            service: { summary: "api" },
            ...more,
          },
        },
      }),
      estate.now,
    ),
  );
const datadog = (transition: string, priority = "") =>
  take(
    parseDatadog(
      DatadogBody.parse({
        ...DATADOG_TEMPLATE,
        alert_id: "7",
        title: "Slow",
        transition,
        type: transition === "Triggered" ? "error" : "warning",
        priority,
        scope: "service:api",
        tags: "service:api",
        date: String(estate.now),
      }),
      estate.now,
    ),
  );
const generic = (body: object) => take(parseGeneric(GenericBody.parse(body), estate.now));

describe("an escalation is news", () => {
  test("what only informed opens an incident once it asks for more", async () => {
    expect(await pagerduty("incident.triggered", "P4")).toMatchObject({ fired: 1, opened: [] });
    expect(await all()).toEqual([]);
    expect(await pagerduty("incident.priority_updated", "P1")).toMatchObject({ changed: 1, repeated: 0 });
    expect(await all()).toMatchObject([{ severity: 8, services: ["api"] }]);
    expect(await pagerduty("incident.acknowledged", "P1")).toMatchObject({ changed: 0, repeated: 1 });
    expect(await all()).toHaveLength(1);
  });

  test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    [
      "PagerDuty P3 to P1",
      () => pagerduty("incident.triggered", "P3"),
      () => pagerduty("incident.priority_updated", "P1"),
    ],
    ["Datadog Warn to Triggered", () => datadog("Warn"), () => datadog("Triggered")],
    ["Datadog No Data to Triggered", () => datadog("No Data", "P1"), () => datadog("Re-Triggered", "P1")],
    [
      "JSON warning to critical",
      () => generic({ name: "Slow", service: "api", severity: "warning" }),
      () => generic({ name: "Slow", service: "api", severity: "critical" }),
    ],
  ])("%s raises the incident that is open", async (_, first, then) => {
    await first();
    const [opened] = await all();
    expect(opened).toMatchObject({ severity: 5 });
    await then();
    expect(await all()).toMatchObject([{ id: opened!.id, severity: 8 }]);
    expect((await listTimeline(estate.db, opened!.id)).filter(({ type }) => type === "alert.raised")).toHaveLength(1);
    await then();
    expect((await listTimeline(estate.db, opened!.id)).filter(({ type }) => type === "alert.raised")).toHaveLength(1);
  });

  test("within one message the last word counts", async () => {
    const one = { name: "Slow", service: "api" };
    await generic({
      alerts: [
        { ...one, severity: "info" },
        { ...one, severity: "P1" },
      ],
    });
    expect(await all()).toMatchObject([{ severity: 8 }]);
  });

  test("less grave is told, and does not talk down what a person is asked about", async () => {
    await pagerduty("incident.triggered", "P1");
    await pagerduty("incident.priority_updated", "P4");
    const [incident] = await all();
    expect(incident).toMatchObject({ severity: 8, state: "open" });
    expect((await listTimeline(estate.db, incident!.id)).map(({ type }) => type)).toContain("alert.eased");
    // And up again is an escalation again.
    expect(await pagerduty("incident.priority_updated", "P2")).toMatchObject({ changed: 1 });
  });

  test("maintenance mutes an escalation as it mutes a beginning", async () => {
    const body = { service: "api", labels: {}, ends_at: iso(estate.now + 600_000) };
    await openMaintenance(estate.db, body, { id: "user-1", name: "Ada" }, estate.now);
    await pagerduty("incident.triggered", "P4");
    expect(await pagerduty("incident.priority_updated", "P1")).toMatchObject({ muted: 1, opened: [] });
    estate.now += 601_000;
    await estate.rest();
    expect(await all()).toMatchObject([{ severity: 8 }]);
  });

  test("what a person closed opens anew when it gets worse, and links back", async () => {
    await pagerduty("incident.triggered", "P3");
    const [first] = await all();
    await write(estate.db, [
      { sql: "UPDATE incidents SET state = 'dismissed', closed_at = ? WHERE id = ?", args: [estate.now, first!.id] },
    ]);
    estate.now += 1_000;
    await pagerduty("incident.priority_updated", "P3");
    expect(await all()).toHaveLength(1);
    await pagerduty("incident.priority_updated", "P1");
    expect((await all())[1]).toMatchObject({ severity: 8, previousIncidentId: first!.id });
  });
});

describe("what identifies a service", () => {
  test("Kubernetes' own alerts are about their workloads", async () => {
    const observer = { job: "kube-state-metrics", service: "prom-kube-state-metrics", instance: "10.0.0.9:8080" };
    await alertmanager(
      {
        ...observer,
        alertname: "KubePodNotReady",
        namespace: "shop",
        pod: "checkout-7d9f8b6c5-x2x9z",
        container: "main",
      },
      { ...observer, alertname: "KubePodCrashLooping", namespace: "shop", pod: "checkout-7d9f8b6c5-zzzzz" },
      { ...observer, alertname: "KubeHpaMaxedOut", namespace: "bank", horizontalpodautoscaler: "ledger" },
      { ...observer, alertname: "KubePodNotReady", namespace: "bank", pod: "ledger-5db6ff6846-hqd4j" },
    );
    expect((await all()).map(({ services }) => services)).toEqual([["checkout"], ["ledger"]]);
  });

  test("one name in two environments is two services, whatever the order", async () => {
    await alertmanager({ service: "api", env: "staging", severity: "warning" }, { service: "api", env: "prod" });
    expect((await all()).toSorted((a, b) => b.severity - a.severity)).toMatchObject([
      { severity: 8, services: ["api"] },
      { severity: 5, services: ["api@staging"] },
    ]);
    expect(await findService(estate.db, "api")).toMatchObject({ scope: { environment: "prod" } });
    expect(await findService(estate.db, "api@staging")).toMatchObject({ scope: { environment: "staging" } });
  });

  test("a service that is known already keeps its name, and takes the place that its first alert says", async () => {
    await write(estate.db, [enterService(estate.db, "api", "prometheus", estate.now)]);
    await alertmanager({ service: "api", env: "staging" });
    await alertmanager({ service: "api" }, { service: "api", env: "prod" });
    expect((await all()).map(({ services }) => services)).toEqual([["api"], ["api@prod"]]);
  });

  test("an alert's end and its repeats are of the service that it began on", async () => {
    await alertmanager({ service: "api", env: "prod" }, { service: "api", env: "staging" });
    expect(await alertmanager({ service: "api", env: "staging" })).toMatchObject({
      repeated: 1,
      opened: [],
      joined: [],
    });
    const over = {
      alerts: [
        {
          status: "resolved",
          labels: { alertname: "Slow", severity: "critical", service: "api", env: "staging" },
          startsAt: iso(estate.now - 60_000),
          endsAt: iso(estate.now),
        },
      ],
    };
    expect(await take(parseWebhook("alertmanager", WebhookBody.parse(over), estate.now))).toMatchObject({ ended: 1 });
    await estate.rest();
    const states = (await all()).map(({ services, state }) => [services[0], state]);
    expect(states).toContainEqual(["api@staging", "resolved"]);
    expect(states.find(([service]) => service === "api")![1]).not.toBe("resolved");
  });

  test("in each environment what fails behind its callers is one incident", async () => {
    await write(estate.db, [
      ...["shop", "cart", "db"].map((id) => enterService(estate.db, id, "seed", estate.now)),
      addEdge("shop", "db", "seed", estate.now),
      addEdge("cart", "db", "seed", estate.now),
    ]);
    const places = ["prod", "staging"].flatMap((env) => ["shop", "cart", "db"].map((service) => ({ service, env })));
    await alertmanager(...places);
    expect((await all()).map(({ services }) => services.join(" ")).toSorted()).toEqual([
      "cart db shop",
      "cart@staging db@staging shop@staging",
    ]);
  });

  test("a window that names the environment mutes the service there", async () => {
    await alertmanager({ service: "web", env: "prod" });
    const body = { service: "web", labels: { env: "staging" }, ends_at: iso(estate.now + 600_000) };
    await openMaintenance(estate.db, body, { id: "user-1", name: "Ada" }, estate.now);
    expect(await alertmanager({ service: "web", env: "staging" })).toMatchObject({ muted: 1, opened: [] });
  });
});

describe("a flood of alerts", () => {
  const flood = (count: number, from = 0) =>
    alertmanager(
      ...Array.from({ length: count }, (_, i) => ({
        service: `s-${from + i}`,
        severity: i % 2 ? "critical" : "warning",
      })),
    );

  test("opens as many incidents as a minute allows and one for the rest, which has all of their alerts", async () => {
    const done = await flood(500);
    expect(done.opened).toHaveLength(21);
    const list = await all();
    const alone = list.filter(({ services }) => services.length === 1);
    expect(alone).toHaveLength(20);
    // The gravest stand for themselves.
    expect(new Set(alone.map(({ severity }) => severity))).toEqual(new Set([8]));
    const rest = list.find(({ services }) => services.length > 1)!;
    expect(rest.services).toHaveLength(480);
    const [row] = (await estate.db.select().from(incidents)).filter(({ id }) => id === rest.id);
    expect(row!.title).toBe(
      "Flood of alerts: 480 alerts on 480 services, more than 20 new incidents a minute from one source; 480 incidents folded into this one",
    );
    const kept = await estate.db.select().from(alerts);
    expect(kept).toHaveLength(500);
    expect(kept.filter(({ incidentId }) => incidentId === null)).toEqual([]);
  });

  test("goes into the same incident while it goes on, and a minute later incidents open by themselves again", async () => {
    await flood(30);
    const again = await flood(30, 100);
    expect(again.opened).toEqual([]);
    expect(again.joined).toHaveLength(1);
    expect(await all()).toHaveLength(21);
    estate.now += 60_001;
    const later = await flood(3, 200);
    expect(later.opened).toHaveLength(3);
  });

  test("of one source leaves another's room alone", async () => {
    await flood(100);
    const other = parseGeneric(
      GenericBody.parse({ name: "Down", service: "ledger", severity: "critical" }),
      estate.now,
    );
    expect((await receiveAlerts(estate.db, "source-2", other.alerts, estate.now)).opened).toHaveLength(1);
  });
});
