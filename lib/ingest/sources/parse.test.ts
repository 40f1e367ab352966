import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALERTS_PER_REQUEST } from "./alert-parse";
import { parseWebhook } from "./alertmanager/parse";
import { WebhookBody } from "./alertmanager/schema";
import { parseDatadog } from "./datadog/parse";
import { DatadogBody } from "./datadog/schema";
import { DATADOG_TEMPLATE } from "./datadog/template";
import { parseGeneric } from "./generic/parse";
import { GenericBody } from "./generic/schema";
import { parsePagerDuty } from "./pagerduty/parse";
import { PagerDutyBody } from "./pagerduty/schema";

const NOW = Date.parse("2026-11-21T01:10:00Z");
const NONE = "0001-01-01T00:00:00Z";

/** As Alertmanager 0.25 sent it, apart from the names of machines. */
const ALERTMANAGER = {
  receiver: "all",
  status: "firing",
  alerts: [
    {
      status: "firing",
      labels: { alertname: "HighLatency", service: "cart", severity: "warning" },
      annotations: {},
      startsAt: "2026-11-21T01:03:41.994372981Z",
      endsAt: NONE,
      generatorURL: "",
      fingerprint: "22c2771ca88e1c3c",
    },
    {
      status: "resolved",
      labels: { alertname: "HighLatency", service: "shop", severity: "critical", zone: "Zürich" },
      annotations: { summary: "p90 over 2 s\nline" },
      startsAt: "2026-11-21T01:03:41.994372981Z",
      endsAt: "2026-11-21T01:03:44Z",
      generatorURL: "http://prometheus.test/graph?g0=1",
      fingerprint: "2a6d36d31bcfe206",
    },
  ],
  groupLabels: { alertname: "HighLatency" },
  commonLabels: { alertname: "HighLatency" },
  commonAnnotations: {},
  externalURL: "http://alertmanager.test",
  version: "4",
  groupKey: '{}/{}:{alertname="HighLatency"}',
  truncatedAlerts: 3,
};
const webhook = (body: unknown, source: "alertmanager" | "grafana" = "alertmanager") =>
  parseWebhook(source, WebhookBody.parse(body), NOW);
const one = (alert: object) =>
  webhook({ alerts: [{ status: "firing", labels: { alertname: "A" }, ...alert }] }).alerts[0]!;

describe("Alertmanager", () => {
  test("a real message", () => {
    const { alerts, truncated, rejected, ignored } = webhook(ALERTMANAGER);
    expect({ truncated, rejected, ignored }).toEqual({ truncated: 3, rejected: [], ignored: null });
    expect(alerts[0]).toEqual({
      source: "alertmanager",
      fingerprint: "22c2771ca88e1c3c",
      name: "HighLatency",
      service: "cart",
      severity: "warning",
      status: "firing",
      startsAt: Date.parse("2026-11-21T01:03:41.994Z"),
      startGiven: true,
      endsAt: null,
      labels: { alertname: "HighLatency", service: "cart", severity: "warning" },
      annotations: {},
      summary: "HighLatency",
      generatorUrl: null,
      value: null,
    });
    expect(alerts[1]).toMatchObject({
      status: "resolved",
      severity: "critical",
      endsAt: Date.parse("2026-11-21T01:03:44Z"),
      summary: "p90 over 2 s line",
      annotations: { summary: "p90 over 2 s\nline" },
      generatorUrl: "http://prometheus.test/graph?g0=1",
    });
  });

  test("a missing fingerprint is reckoned as Alertmanager does", () => {
    const alerts = ALERTMANAGER.alerts.map((alert) => ({ ...alert, fingerprint: undefined }));
    expect(webhook({ alerts }).alerts.map(({ fingerprint }) => fingerprint)).toEqual(
      ALERTMANAGER.alerts.map(({ fingerprint }) => fingerprint),
    );
  });

  test.each([
    [{}, { startsAt: NOW, startGiven: false, endsAt: null }],
    [{ startsAt: NONE }, { startsAt: NOW, startGiven: false }],
    [{ startsAt: "2026-11-21T02:00:00+02:00" }, { startsAt: Date.parse("2026-11-21T00:00:00Z"), startGiven: true }],
    [{ endsAt: "2026-11-22T00:00:00Z" }, { endsAt: null }],
    [{ status: "resolved", endsAt: NONE }, { endsAt: NOW }],
    [
      { status: "resolved", startsAt: "2026-11-21T01:00:00Z", endsAt: "2026-11-20T00:00:00Z" },
      { endsAt: Date.parse("2026-11-21T01:00:00Z") },
    ],
    [{ annotations: { value: "1.5" } }, { value: 1.5 }],
    [{ annotations: { value: "NaN" } }, { value: null }],
    [{ annotations: { description: "d" } }, { summary: "d" }],
    [{ generatorURL: "javascript:alert(1)" }, { generatorUrl: null }],
    [{ labels: {} }, { name: "unnamed", service: "alert:unnamed", severity: "warning" }],
    [{ labels: { alertname: "A", "a\u0000": "b\u001b[31m", empty: "" } }, { labels: { alertname: "A", a: "b [31m" } }],
  ])("%j: %j", (alert, expected) => expect(one(alert)).toMatchObject(expected));

  test("what is too long or too much is cut, not refused", () => {
    const labels = {
      ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`l${i}`, "x".repeat(9_999)])),
      service: "s",
    };
    const alert = one({ labels: { alertname: "n".repeat(999), ...labels } });
    expect(Object.keys(alert.labels)).toHaveLength(64);
    expect(alert).toMatchObject({ service: "s" });
    expect(alert.name).toHaveLength(200);
    expect(alert.labels.l0).toHaveLength(500);
  });

  test("a bad alert leaves the good ones, and every problem names its field", () => {
    const bad = { status: "on", labels: { a: 1 }, startsAt: "yesterday" };
    const { alerts, rejected, rejectedAlerts } = webhook({
      alerts: [ALERTMANAGER.alerts[0], bad, null, ALERTMANAGER.alerts[1]],
    });
    expect(alerts).toHaveLength(2);
    expect(rejectedAlerts).toBe(2);
    expect(rejected.map(({ index, field }) => [index, field])).toEqual([
      [1, "alerts[1].status"],
      [1, "alerts[1].labels.a"],
      [1, "alerts[1].startsAt"],
      [2, "alerts[2]"],
    ]);
  });

  test("more than are looked at are counted; problems are listed to a hundred", () => {
    const many = webhook({ alerts: Array.from({ length: ALERTS_PER_REQUEST + 5 }, () => 1) });
    expect(many).toMatchObject({ truncated: 5, rejectedAlerts: ALERTS_PER_REQUEST });
    expect(many.rejected).toHaveLength(100);
  });

  test("no text gets through unclean, whatever comes", () => {
    const text = fc.string({ unit: "binary", maxLength: 30 });
    fc.assert(
      fc.property(fc.dictionary(text, text), fc.dictionary(text, text), text, (labels, annotations, fingerprint) => {
        const alert = one({ labels, annotations, fingerprint });
        for (const said of [
          alert.name,
          alert.service,
          alert.summary,
          alert.fingerprint,
          ...Object.entries(alert.labels).flat(),
        ]) {
          expect(said).not.toMatch(/\p{Cc}/u);
          expect(said.isWellFormed()).toBe(true);
        }
        expect(alert.fingerprint).toMatch(/^[\x21-\x7e]{1,100}$/);
      }),
    );
  });
});

test("Grafana says more in the same form", () => {
  const alert = {
    status: "firing",
    labels: { alertname: "High memory usage", grafana_folder: "f", app: "blue" },
    annotations: { summary: "s" },
    startsAt: "2026-11-21T09:51:03.157076+02:00",
    endsAt: NONE,
    generatorURL: "https://grafana.test/alerting/1/edit",
    fingerprint: "c6eadffa33fcdf37",
    silenceURL: "https://grafana.test/silence",
    dashboardURL: "",
    panelURL: "",
    values: { C: 1, B: 44.25, A: null },
    valueString: "[ var='B' value=44.25 ]",
    orgId: 1,
  };
  const body = { receiver: "r", orgId: 1, version: "1", state: "alerting", title: "t", message: "m", alerts: [alert] };
  expect(webhook(body, "grafana").alerts[0]).toMatchObject({ source: "grafana", service: "blue", value: 44.25 });
});

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

describe("Grafana's own alerts in a rule's place", () => {
  const labels = { datasource_uid: "prom-1", ref_id: "A", rulename: "High CPU", grafana_folder: "f" };
  const sent = (more: object) =>
    webhook({ alerts: [{ status: "firing", labels: { ...labels, ...more } }] }, "grafana").alerts[0]!;
  test.each([
    [
      { alertname: "DatasourceNoData" },
      { name: "High CPU", service: "alert:High CPU", summary: "High CPU: no data from prom-1" },
    ],
    [
      { alertname: "DatasourceError", service: "shop", severity: "critical" },
      { name: "High CPU", service: "shop", severity: "critical" },
    ],
    [{ alertname: "DatasourceNoData", rulename: "" }, { name: "DatasourceNoData" }],
    [{ alertname: "High CPU" }, { name: "High CPU", summary: "High CPU" }],
    [{ alertname: "toString" }, { name: "toString" }],
  ])("%j", (more, expected) => expect(sent(more)).toMatchObject(expected));
  test("the reason of an error, and of a state that keeps the rule's name", () => {
    const alert = (more: object) => webhook({ alerts: [{ status: "firing", ...more }] }, "grafana").alerts[0]!;
    const failed = {
      labels: { ...labels, alertname: "DatasourceError" },
      annotations: { Error: "connection refused" },
    };
    expect(alert(failed).summary).toBe("High CPU: the rule could not be evaluated from prom-1: connection refused");
    const silent = { labels: { alertname: "High CPU" }, annotations: { grafana_state_reason: "NoData" } };
    expect(alert(silent).summary).toBe("High CPU: no data");
  });
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

describe("Datadog", () => {
  const sent = {
    ...DATADOG_TEMPLATE,
    alert_id: "1234",
    title: "[Triggered on {service:shop}] CPU is high",
    transition: "Triggered",
    type: "error",
    priority: "P2",
    scope: "service:shop,host:a",
    tags: "env:prod,service:shop,monitor,url:http://x",
    link: "https://app.datadoghq.com/m/1",
    date: String(NOW),
  };
  const parse = (more: object = {}) => parseDatadog(DatadogBody.parse({ ...sent, ...more }), NOW);
  test("the template, filled in; what Datadog left as it was is not said", () => {
    expect(parse().alerts[0]).toMatchObject({
      name: "CPU is high",
      service: "shop",
      status: "firing",
      severity: "critical",
      startGiven: false,
      annotations: {},
      labels: { env: "prod", host: "a", monitor: "1234", service: "shop", url: "http://x" },
    });
  });
  test.each([
    [{ transition: "Recovered" }, { status: "resolved", endsAt: NOW }],
    [
      { transition: "Re-Warn", priority: "P1" },
      { severity: "warning", status: "firing" },
    ],
    [{ transition: "No Data" }, { severity: "warning" }],
    [{ transition: "Warn", priority: "P5" }, { severity: "info" }],
    [{ transition: "Warn", priority: "", type: "info" }, { severity: "warning" }],
    [{ priority: "$ALERT_PRIORITY" }, { severity: "critical" }],
    [{ priority: "", type: "info" }, { severity: "info" }],
  ])("%j", (more, expected) => expect(parse(more).alerts[0]).toMatchObject(expected));
  test("each group of a monitor is an alert of its own, through all its transitions", () => {
    const print = (more: object) => parse(more).alerts[0]!.fingerprint;
    expect(print({ scope: "host:b" })).not.toBe(print({}));
    expect(print({ transition: "Recovered", title: "[Recovered] CPU is high" })).toBe(print({}));
  });
  test("another payload is told so", () => {
    expect(parseDatadog(DatadogBody.parse({ body: "x" }), NOW).rejected.map(({ field }) => field)).toEqual([
      "alert_id",
      "transition",
    ]);
  });
});

describe("names with characters that nobody can see", () => {
  test.each([
    ["a zero-width space", "pay\u200bments", "payments"],
    ["a byte order mark", "pay\ufeffments", "payments"],
    ["a soft hyphen", "pay\u00adments", "payments"],
    ["a tag", "payments\u{e0041}", "payments"],
    ["a variation selector", "payments\ufe0f", "payments"],
    ["private use", "payments\ue000", "payments"],
    ["a no-break space", "pay\u00a0ments", "pay ments"],
    ["what is not composed", "cafe\u0301", "café"],
    ["an accent behind what is not seen", "cafe\u200b\u0301", "café"],
  ])("%s: the alert counts, without it, and the answer says so", (_, sent, kept) => {
    for (const parsed of [
      parseGeneric(GenericBody.parse([{ name: sent, service: sent, labels: { [sent]: sent } }]), NOW),
      webhook({ alerts: [{ status: "firing", labels: { alertname: sent, service: sent, [sent]: sent } }] }),
    ]) {
      expect(parsed.rejected).toEqual([]);
      expect(parsed.alerts).toMatchObject([{ name: kept, service: kept, labels: { [kept]: kept } }]);
      expect(parsed.notices.map(({ field }) => field)).toEqual(
        expect.arrayContaining(["name", "labels.service", `labels.${kept}`]),
      );
      for (const { index, reason } of parsed.notices) {
        expect(index).toBe(0);
        expect(reason).toContain("cannot be seen");
      }
    }
  });

  test("a service named by any label, and where it runs, is named without them", () => {
    const { alerts } = webhook({
      alerts: [
        { status: "firing", labels: { alertname: "A", pod: "sh\u200bop-7d4b9c6f5d-x2x9z", namespace: "pr\u200bod" } },
      ],
    });
    expect(alerts[0]).toMatchObject({ service: "shop" });
  });

  test("a name that has none is kept as it is, and nothing is said", () => {
    const { alerts, notices } = webhook(ALERTMANAGER);
    expect(notices).toEqual([]);
    expect(alerts.every((alert) => !("cleaned" in alert))).toBe(true);
  });

  test("the texts of an alert keep their joiners; notices are listed to a hundred", () => {
    const summary = "علی\u200cرضا 👩\u200d💻";
    expect(one({ annotations: { summary } })).toMatchObject({ summary, annotations: { summary } });
    const many = webhook({
      alerts: Array.from({ length: 200 }, () => ({ status: "firing", labels: { alertname: "a\u200b" } })),
    });
    expect(many.alerts).toHaveLength(200);
    expect(many.notices).toHaveLength(100);
  });
});
