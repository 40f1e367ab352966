import { describe, expect, test } from "vitest";
import { parseGeneric } from "./parse";
import { GenericBody } from "./schema";

const NOW = Date.parse("2026-11-21T01:10:00Z");

describe("our own words", () => {
  const parse = (body: unknown) => parseGeneric(GenericBody.parse(body), NOW);
  test.each([
    ["one alert", { name: "Disk full" }],
    ["a list", [{ name: "Disk full" }]],
    ["alerts", { alerts: [{ name: "Disk full" }] }],
  ])("%s", (_, body) => {
    expect(parse(body).alerts).toMatchObject([
      { name: "Disk full", status: "firing", severity: "warning", service: "alert:Disk full", startGiven: false },
    ]);
  });
  test("all of it", () => {
    const alert = {
      name: "Disk full",
      status: "resolved",
      service: "db",
      severity: "P1",
      id: 7,
      starts_at: NOW - 5,
      ends_at: NOW,
      summary: "s",
      description: "d",
      url: "https://x.test/a",
      value: 0.97,
      labels: { host: "h", n: 1, no: null },
      annotations: { a: true },
    };
    expect(parse(alert).alerts[0]).toMatchObject({
      fingerprint: "7",
      service: "db",
      severity: "critical",
      startsAt: NOW - 5,
      endsAt: NOW,
      summary: "s",
      value: 0.97,
      labels: { host: "h", n: "1", service: "db" },
      annotations: { a: "true", description: "d" },
      generatorUrl: "https://x.test/a",
    });
  });
  test("alerts are told apart by name, service and labels, not by how bad they are", () => {
    const print = (alert: object) => parse({ name: "n", ...alert }).alerts[0]!.fingerprint;
    expect(print({ severity: "info", summary: "x" })).toBe(print({ severity: "critical" }));
    expect(
      new Set([print({}), print({ service: "s" }), print({ labels: { a: "b" } }), print({ name: "m" })]).size,
    ).toBe(4);
  });
  test.each([
    [{}, ["name"]],
    [{ name: "  " }, ["name"]],
    [{ alerts: [{ name: "a" }, { name: 1, starts_at: "x" }] }, ["alerts[1].name", "alerts[1].starts_at"]],
    [[{ name: "a", labels: { a: {} } }], ["[0].labels.a"]],
    [{ name: "a", starts_at: 1_700_000_000 }, ["starts_at"]],
  ])("%j names %j", (body, fields) => expect(parse(body).rejected.map(({ field }) => field)).toEqual(fields));
});

describe("the words of other tools, as JSON", () => {
  const parse = (body: unknown) => parseGeneric(GenericBody.parse(body), NOW);
  test.each<[string, object, object]>([
    ["Zabbix' number", { name: "n", service: "z", severity: "5" }, { service: "z", severity: "warning" }],
    [
      "Zabbix' number, with its scale",
      { name: "Disk full", host: "db-1", status: "PROBLEM", nseverity: 5, event_id: 7 },
      { severity: "critical", service: "db-1", fingerprint: "7", status: "firing" },
    ],
    [
      "Zabbix' number, from Zabbix",
      { name: "n", severity: 1, labels: { source: "zabbix" } },
      { severity: "info", status: "firing" },
    ],
    [
      "numbers as text",
      { name: "n", value: "0.97", severity: 2, starts_at: String(NOW) },
      { value: 0.97, severity: "critical", startsAt: NOW },
    ],
    ["PROBLEM", { name: "n", status: "PROBLEM" }, { status: "firing" }],
    ["RECOVERY", { name: "n", state: "RECOVERY" }, { status: "resolved" }],
    [
      "a time with a space",
      { name: "n", starts_at: "2026-11-21 01:00:00+00" },
      { startsAt: Date.parse("2026-11-21T01:00:00Z") },
    ],
    [
      "a time with a zone's name",
      { name: "n", starts_at: "2026-11-21 01:00:00 UTC" },
      { startsAt: Date.parse("2026-11-21T01:00:00Z") },
    ],
    [
      "Nagios",
      { title: "HTTP", hostname: "web-1", state: "CRITICAL" },
      { name: "HTTP", service: "web-1", severity: "critical", status: "firing" },
    ],
    [
      "Opsgenie",
      {
        action: "UpdatePriority",
        alert: {
          alertId: "a1",
          alias: "k",
          message: "High CPU",
          priority: "P1",
          entity: "checkout",
          tags: ["env:prod"],
        },
        source: { name: "web", type: "api" },
      },
      {
        name: "High CPU",
        service: "checkout",
        severity: "critical",
        fingerprint: "k",
        status: "firing",
        labels: { env: "prod", service: "checkout" },
      },
    ],
    [
      "Opsgenie's end",
      { action: "Close", alert: { alertId: "a1", message: "High CPU" } },
      { status: "resolved", fingerprint: "a1" },
    ],
    [
      "New Relic",
      {
        id: "i1",
        issueUrl: "https://nr.test/i1",
        title: "High CPU",
        priority: "CRITICAL",
        impactedEntities: ["checkout"],
        state: "ACTIVATED",
        createdAt: NOW,
      },
      {
        name: "High CPU",
        service: "checkout",
        severity: "critical",
        status: "firing",
        fingerprint: "i1",
        startsAt: NOW,
        generatorUrl: "https://nr.test/i1",
      },
    ],
    [
      "New Relic's end",
      { issueId: "i1", title: "High CPU", state: "CLOSED", closedAt: NOW },
      { status: "resolved", endsAt: NOW },
    ],
    [
      "Dynatrace",
      {
        State: "OPEN",
        ProblemID: "P-1",
        ProblemTitle: "Failure rate increase",
        ProblemSeverity: "ERROR",
        ImpactedEntities: [{ type: "SERVICE", name: "checkout", entity: "SERVICE-1" }],
        Tags: "env:staging, team",
      },
      {
        name: "Failure rate increase",
        service: "checkout",
        severity: "critical",
        fingerprint: "P-1",
        labels: { env: "staging", service: "checkout" },
      },
    ],
    [
      "CloudWatch",
      {
        AlarmName: "CPU",
        NewStateValue: "ALARM",
        NewStateReason: "Threshold crossed",
        StateChangeTime: "2026-11-21T01:00:00.000+0000",
      },
      { name: "CPU", status: "firing", summary: "Threshold crossed", startsAt: Date.parse("2026-11-21T01:00:00Z") },
    ],
    [
      "PagerDuty's events",
      {
        event_action: "trigger",
        dedup_key: "k",
        payload: { summary: "High CPU", severity: "critical", source: "web-1", component: "checkout" },
      },
      { name: "High CPU", service: "checkout", severity: "critical", fingerprint: "k" },
    ],
  ])("%s", (_, body, expected) => {
    const { alerts, rejected } = parse(body);
    expect(rejected).toEqual([]);
    expect(alerts[0]).toMatchObject(expected);
  });
  test.each<[object, string, RegExp]>([
    [{ name: "n", status: "whatever" }, "status", /^status must be one of firing, resolved$/],
    [{ name: "n", starts_at: "2026-11-21 01:00:00" }, "starts_at", /^starts_at must be an ISO 8601 time/],
    [{ name: "n", value: "much" }, "value", /^value must be a number, not text$/],
    [{ state: "ALERT" }, "name", /^name is missing$/],
  ])("%j names %s in words", (body, field, reason) => {
    const { rejected } = parse(body);
    expect(rejected[0]).toMatchObject({ field, reason: expect.stringMatching(reason) as string });
  });
});
