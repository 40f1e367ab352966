import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALERTS_PER_REQUEST } from "../alert-parse";
import { parseWebhook } from "./parse";
import { WebhookBody } from "./schema";

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
const webhook = (body: unknown) => parseWebhook("alertmanager", WebhookBody.parse(body), NOW);
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
