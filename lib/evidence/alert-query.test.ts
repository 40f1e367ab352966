import { expect, test } from "vitest";
import { comparison, measurable, metricsIn } from "./alert-query";

test.each([
  [
    "rate(process_cpu_seconds_total[1m]) > 0.5",
    { query: "rate(process_cpu_seconds_total[1m])", upper: 0.5, lower: null },
  ],
  ["(sum by (job) (up)) < 2", { query: "(sum by (job) (up))", upper: null, lower: 2 }],
  ["((a / b)) >= 1e-2", { query: "((a / b))", upper: 0.01, lower: null }],
  ["up == 0", { query: "up", upper: null, lower: Number.MIN_VALUE }],
  ["(a > 5) and on (job) up == 1", { query: "a", upper: 5, lower: null }],
  [
    "histogram_quantile(0.90, sum(rate(x_bucket[1m])) by (le)) > (2)",
    { query: "histogram_quantile(0.90, sum(rate(x_bucket[1m])) by (le))", upper: 2, lower: null },
  ],
  ['absent(up{job="x"})', null],
  ["a > b", null],
  ["a >", null],
  ["", null],
])("%s", (expression, expected) => {
  expect(comparison(expression)).toEqual(expected);
});

test("the metrics that an expression names", () => {
  expect(metricsIn('sum(rate(a_total{b="c"}[1m])) / sum(rate(a_count[1m])) > x_limit')).toEqual([
    "a_total",
    "a_count",
    "x_limit",
  ]);
  expect(metricsIn("1 + 1")).toEqual([]);
  // What is no expression is not repaired into one.
  expect(metricsIn("sum(} a_total")).toEqual([]);
  expect(metricsIn(`${"}".repeat(9_000)} a_total`)).toEqual([]);
});

test("the expression of Prometheus' own link, and nothing from any other", () => {
  const link = `http://prometheus:9090/graph?${new URLSearchParams({ "g0.expr": 'up{job="api"} < 1', "g0.tab": "1" })}`;
  expect(measurable(link)).toEqual({ query: 'up{job="api"}', upper: null, lower: 1 });
  for (const other of [null, "", "javascript:1", "https://example.com/", "not a link"])
    expect(measurable(other)).toBeNull();
});
