import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bundleFromDocuments } from "./bundle-from-documents";
import type { Json } from "./bundle-times";

const AT = Date.parse("2026-04-18T10:00:00Z") / 1000;
const iso = (minute: number) => new Date((AT + 60 * minute) * 1000).toISOString();
const read = (name: string, content: Json) => bundleFromDocuments([{ name, content }]);
const minutes = [0, 1, 2, 3];

describe("bundles out of documents", () => {
  it.each<[string, Json]>([
    [
      "two lists",
      {
        metric_name: "cpu",
        dimensions: [{ Name: "Id", Value: "db" }],
        timestamps: minutes.map(iso),
        values: [1, 2, 3, 4],
      },
    ],
    [
      "Prometheus' pairs",
      {
        data: {
          result: [
            { metric: { __name__: "cpu", instance: "db" }, values: minutes.map((m) => [AT + 60 * m, String(m + 1)]) },
          ],
        },
      },
    ],
    [
      "Datadog's pairs in ms",
      { series: [{ metric: "cpu", scope: "host:db", pointlist: minutes.map((m) => [1000 * (AT + 60 * m), m + 1]) }] },
    ],
    [
      "CloudWatch's datapoints, in any order",
      {
        label: "cpu",
        dimensions: [{ name: "Id", value: "db" }],
        datapoints: minutes.map((m) => ({ Timestamp: iso(m), Average: m + 1, Unit: "Percent" })).toReversed(),
      },
    ],
    ["columns of a table", { host: "db", rows: minutes.map((m) => ({ time: iso(m), cpu: m + 1 })) }],
  ])("reads a course over time as %s", (_, content) => {
    const { metrics } = read("metrics.json", content);
    expect(metrics).toHaveLength(1);
    expect(metrics[0]).toMatchObject({ node: "db" });
    expect(metrics[0]!.points).toEqual(minutes.map((m) => [AT + 60 * m, m + 1]));
  });

  it.each<[string, Json, string, string]>([
    [
      "records with a time and a text",
      { logs: [{ timestamp: iso(1), message: "disk is full", status: "error", service: "api" }] },
      "api",
      "error: disk is full",
    ],
    [
      "Loki's streams",
      { data: { result: [{ stream: { app: "api" }, values: [[String((AT + 60) * 1e9), "disk is full"]] }] } },
      "api",
      "disk is full",
    ],
    ["a text of several lines", { pod_name: "api", logs: `${iso(1)} disk is full\n[exited]\n` }, "api", "disk is full"],
  ])("reads log lines in %s", (_, content, node, line) => {
    expect(read("logs.json", content).logs[0]).toEqual({ t: AT + 60, node, line });
  });

  it("reads an event at its first and its last time", () => {
    const event = {
      reason: "BackOff",
      message: "restarting",
      type: "Warning",
      count: 3,
      involvedObject: { kind: "Pod", name: "api-1" },
      firstTimestamp: iso(0),
      lastTimestamp: iso(3),
    };
    const { logs } = read("events.json", { items: [event] });
    expect(logs.map(({ t }) => t)).toEqual([AT, AT + 180]);
    expect(logs[0]).toMatchObject({ node: "api-1", line: "[event] Warning BackOff: restarting (3 times)" });
  });

  it("reads what things say of themselves, the worst first, and what they belong to", () => {
    const pod = {
      name: "api-7f-x",
      node_name: "host-1",
      phase: "Pending",
      conditions: [{ type: "Ready", status: "False", reason: "NotYet" }],
    };
    const { logs, edges } = bundleFromDocuments([
      { name: "pods.json", content: { pods: [pod] } },
      { name: "hosts.json", content: { hosts: [{ name: "host-1", ready: "True", disk_pressure: "False" }] } },
      { name: "deployments.json", content: { deployments: [{ name: "api", desired: 3, ready: 1 }] } },
    ]);
    expect(logs.find(({ node }) => node === "api-7f-x")?.line).toBe(
      '[state] pods pods "api-7f-x": Ready=False; phase=Pending; Ready: NotYet',
    );
    expect(logs.find(({ node }) => node === "api")?.line).toContain("missing 2 of 3 ready");
    expect(edges).toContainEqual(["api-7f-x", "host-1"]);
    expect(edges).toContainEqual(["api", "api-7f-x"]);
  });

  it("takes what is being deleted for a thing of the past", () => {
    const { logs } = read("pods.json", {
      pods: [
        { name: "old", deletion_timestamp: iso(1), ready: false },
        { name: "new", ready: true },
      ],
    });
    expect(logs.find(({ node }) => node === "old")).toMatchObject({
      t: AT + 60,
      line: expect.stringMatching(/^\[event\]/) as string,
    });
  });

  it("tells what a quantity consists of", () => {
    const { logs } = read("insights.json", {
      top_users: [
        { name: "etl", load: 8 },
        { name: "web", load: 2 },
      ],
    });
    expect(logs[0]!.line).toBe(
      '[top] insights top_users: "etl" load 8 (80 % of those listed), "web" load 2 (20 % of those listed)',
    );
  });

  it("makes the thing that an alert names the target", () => {
    const { target, logs } = bundleFromDocuments([
      {
        name: "alert.json",
        content: {
          title: "Slow: api",
          state: "alerting",
          labels: { service: "api", team: "shop" },
          annotations: { summary: "api is slow" },
          startsAt: iso(2),
        },
      },
      {
        name: "logs.json",
        content: { logs: ["api", "db", "db"].map((service, i) => ({ timestamp: iso(i), message: "a line", service })) },
      },
    ]);
    expect(target).toEqual({ node: "api", at: AT + 120 });
    expect(logs.some(({ line }) => line === '[alert] "Slow: api" (alerting); summary: "api is slow"')).toBe(true);
  });

  it("never throws, and gives finite, ordered points and lines for any JSON", () => {
    const fuzzy = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(iso(1), AT, "error: no space left", "name", null, true, 3, "a\nb c"),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(
          fc.constantFrom(
            "name",
            "time",
            "message",
            "values",
            "timestamps",
            "labels",
            "title",
            "state",
            "items",
            "top_x",
          ),
          tie("value"),
          { maxKeys: 5 },
        ),
      ),
    }));
    fc.assert(
      fc.property(fuzzy.value as fc.Arbitrary<Json>, fc.constantFrom("alert.json", "x.json"), (content, name) => {
        const { metrics, logs, target } = read(name, content);
        expect(Number.isFinite(target.at)).toBe(true);
        for (const { points } of metrics)
          expect(points.every(([t, v], i) => Number.isFinite(v) && t >= (points[i - 1]?.[0] ?? 0))).toBe(true);
        expect(logs.every(({ t, line }) => Number.isFinite(t) && line !== "")).toBe(true);
      }),
    );
  });
});
