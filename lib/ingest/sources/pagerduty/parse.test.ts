import { describe, expect, test } from "vitest";
import { parsePagerDuty } from "./parse";
import { PagerDutyBody } from "./schema";

const NOW = Date.parse("2026-11-21T01:10:00Z");

describe("PagerDuty", () => {
  const data = {
    id: "PT4KHLK",
    type: "incident",
    status: "triggered",
    incident_key: "baf7cf21b1da41b4",
    number: 1234,
    title: "The server is on fire.",
    created_at: "2026-11-21T01:00:00Z",
    html_url: "https://x.pagerduty.com/incidents/PT4KHLK",
    urgency: "high",
    priority: null,
    service: { id: "PIJ90N7", summary: "My Mail Service", type: "service_reference" },
  };
  const parse = (event_type: string, more: object = {}) =>
    parsePagerDuty(
      PagerDutyBody.parse({
        event: { id: "e", event_type, occurred_at: "2026-11-21T01:05:00Z", data: { ...data, ...more } },
      }),
      NOW,
    );
  const created = Date.parse(data.created_at);
  const occurred = Date.parse("2026-11-21T01:05:00Z");
  test.each([
    [
      "incident.triggered",
      {},
      { status: "firing", startsAt: created, severity: "critical", service: "My Mail Service", name: data.title },
    ],
    ["incident.acknowledged", { status: "acknowledged" }, { status: "firing", startsAt: created }],
    ["incident.resolved", { status: "resolved" }, { status: "resolved", startsAt: created, endsAt: occurred }],
    ["incident.reopened", { status: "triggered" }, { status: "firing", startsAt: occurred }],
    ["incident.priority_updated", { priority: { summary: "P3" } }, { severity: "warning" }],
    ["incident.priority_updated", { priority: { summary: "P1 - Critical" }, number: "12" }, { severity: "critical" }],
    ["incident.triggered", { priority: { summary: "P4" } }, { severity: "info" }],
    ["incident.triggered", { urgency: "low" }, { severity: "warning" }],
    ["incident.triggered", { service: null }, { service: "alert:The server is on fire." }],
  ])("%s %j", (type, more, expected) => {
    expect(parse(type, more).alerts[0]).toMatchObject({
      source: "pagerduty",
      fingerprint: data.incident_key,
      ...expected,
    });
  });
  test.each(["pagey.ping", "incident.annotated", "service.updated"])("%s is no news", (type) => {
    expect(parse(type)).toMatchObject({ alerts: [], rejected: [], ignored: expect.stringContaining(type) as string });
  });
  test("a problem names its field", () => {
    expect(parse("incident.triggered", { status: "odd" }).rejected[0]?.field).toBe("event.data.status");
  });
});
