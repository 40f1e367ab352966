import { describe, expect, test } from "vitest";
import { parseWebhook } from "../alertmanager/parse";
import { WebhookBody } from "../alertmanager/schema";

const NOW = Date.parse("2026-11-21T01:10:00Z");
const NONE = "0001-01-01T00:00:00Z";
const webhook = (body: unknown) => parseWebhook("grafana", WebhookBody.parse(body), NOW);

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
  expect(webhook(body).alerts[0]).toMatchObject({ source: "grafana", service: "blue", value: 44.25 });
});

describe("Grafana's own alerts in a rule's place", () => {
  const labels = { datasource_uid: "prom-1", ref_id: "A", rulename: "High CPU", grafana_folder: "f" };
  const sent = (more: object) => webhook({ alerts: [{ status: "firing", labels: { ...labels, ...more } }] }).alerts[0]!;
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
    const alert = (more: object) => webhook({ alerts: [{ status: "firing", ...more }] }).alerts[0]!;
    const failed = {
      labels: { ...labels, alertname: "DatasourceError" },
      annotations: { Error: "connection refused" },
    };
    expect(alert(failed).summary).toBe("High CPU: the rule could not be evaluated from prom-1: connection refused");
    const silent = { labels: { alertname: "High CPU" }, annotations: { grafana_state_reason: "NoData" } };
    expect(alert(silent).summary).toBe("High CPU: no data");
  });
});
