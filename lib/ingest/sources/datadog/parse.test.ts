import { describe, expect, test } from "vitest";
import { parseDatadog } from "./parse";
import { DatadogBody } from "./schema";
import { DATADOG_TEMPLATE } from "./template";

const NOW = Date.parse("2026-11-21T01:10:00Z");

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
