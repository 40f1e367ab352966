import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "./evaluate";
import { parseExposition } from "./exposition";
import { histogramQuantile } from "./functions";
import { parsePromql, readDuration } from "./promql";
import { createAlerts, readRules } from "./rules";
import { between, createStore, latest } from "./store";

describe("the text format", () => {
  it("is read with escapes, exponents, timestamps and spaces", () => {
    const text = [
      "# HELP a_total What it counts",
      "# TYPE a_total counter",
      'a_total{path="C:\\\\x",said="\\"hi\\"\\n",} 1.5e3 1395066363000',
      "  b   -Inf  ",
      "c{} NaN",
      "",
    ].join("\n");
    expect(parseExposition(text)).toEqual([
      { name: "a_total", labels: { path: "C:\\x", said: '"hi"\n' }, value: 1500 },
      { name: "b", labels: {}, value: -Infinity },
      { name: "c", labels: {}, value: Number.NaN },
    ]);
  });
  it.each([
    "a{b=c} 1",
    'a{b="c" 1',
    "a",
    "a one",
    "1a 1",
    "a 1 2 3",
    'a{b="c"}x 1',
    "<html>",
    `a{b="${"x".repeat(30_000)}"} 1`,
  ])("refuses %#", (line) => {
    expect(() => parseExposition(`ok 1\n${line}`)).toThrow(/line 2 is not in the text format/);
  });
  it("gives back any label value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }).filter((s) => !s.includes("\r")), (value) => {
        const written = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
        expect(parseExposition(`a{b="${written}"} 1`)[0]?.labels).toEqual({ b: value });
      }),
    ); // prettier-ignore
  });
});

describe("the store", () => {
  const labels = { __name__: "a" };
  const newStore = () => createStore({ maxSeries: 2, points: 4, keptMs: 100 });
  const seriesOf = (store: ReturnType<typeof newStore>) => store.select([])[0]!;

  it("keeps as many samples as the ring is long, in order", () => {
    const store = newStore();
    for (const t of [1, 2, 3, 4, 5, 6]) store.append(labels, t, t * 10);
    store.append(labels, 3, 99);
    expect(between(seriesOf(store), 0, 10).map((s) => s.value)).toEqual([30, 40, 50, 60]);
    expect(between(seriesOf(store), 4, 5).map((s) => s.at)).toEqual([4, 5]);
    expect(latest(seriesOf(store), 5.5, 1)).toBe(50);
    expect(latest(seriesOf(store), 9, 1)).toBeNull();
  });
  it("reads nothing from a series that has ended", () => {
    const store = newStore();
    store.append(labels, 1, 1);
    store.end(labels, 2);
    expect(latest(seriesOf(store), 3, 100)).toBeNull();
    expect(between(seriesOf(store), 0, 3)).toHaveLength(1);
  });
  it("is bounded, and makes room by what has ended long ago", () => {
    const store = newStore();
    expect([1, 2, 3].map((i) => store.append({ __name__: `a${i}` }, 1, 1))).toEqual([true, true, false]);
    expect(store.append({ __name__: "a4" }, 1_000, 1)).toBe(true);
    expect(store.size()).toBe(1);
  });
});

describe("queries", () => {
  it("estimate a counter's growth over its resets, as Prometheus does", () => {
    const store = createStore({ maxSeries: 9, points: 99, keptMs: 1e6 });
    // 0 5 10, restarted: 2 7 12. Prometheus 2.42, promtool: increase(a[60s]) at 60 s is 26.4.
    [10, 15, 20, 2, 7, 12].forEach((value, i) => store.append({ __name__: "a" }, (i + 1) * 10_000, value));
    const at = (query: string) => evaluate(parsePromql(query), 60_000, store);
    expect(at("resets(a[60s])")).toMatchObject({ points: [{ value: 1 }] });
    expect(at("increase(a[60s])")).toMatchObject({ points: [{ labels: {}, value: 26.4 }] });
  });
  it.each([
    ["1h30m", 5_400_000], ["500ms", 500], ["15", 15_000], ["0.5", 500], ["1d", 86_400_000],
  ])("read durations: %s", (text, ms) => expect(readDuration(text)).toBe(ms)); // prettier-ignore
  it.each([
    [0.5, 1.5], [0.9, 4], [0, 0], [1, 4], [2, Infinity], [-1, -Infinity],
  ])("quantile %s of a histogram is %s", (q, expected) => {
    const buckets = [{ le: 1, count: 4 }, { le: 2, count: 6 }, { le: 4, count: 9 }, { le: Infinity, count: 10 }];
    expect(histogramQuantile(q, buckets)).toBeCloseTo(expected, 9);
  }); // prettier-ignore
  it("never crash on what somebody may type", () => {
    const store = createStore({ maxSeries: 9, points: 9, keptMs: 1e6 });
    store.append({ __name__: "a", b: "c" }, 1, 1);
    const piece = fc.constantFrom("a", "{b=~'c'}", "sum", "by", "(", ")", "[5m]", "rate", "+", "-", "==", "1", "offset", "or", "le", ",", "bool", " "); // prettier-ignore
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          evaluate(parsePromql(pieces.join("")), 1, store);
        } catch (error) {
          expect((error as Error).name).toBe("PromqlError");
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("alert rules", () => {
  const rules = JSON.stringify({
    groups: [
      {
        name: "g",
        rules: [
          { alert: "High", expr: "a > 5", for: "10s", labels: { severity: "page" }, annotations: { summary: "{{ $labels.service }} at {{$value}}" } },
        ],
      },
    ],
  }); // prettier-ignore

  it("wait, fire, end, and fire anew", () => {
    const store = createStore({ maxSeries: 9, points: 99, keptMs: 1e6 });
    const alerts = createAlerts(readRules(rules), store);
    const seen = [9, 9, 9, 1, 9, 1].map((value, i) => {
      store.append({ __name__: "a", service: "shop" }, i * 5_000, value);
      alerts.turn(i * 5_000);
      return alerts.list().map((a) => [a.state, a.activeAt, a.endedAt]);
    });
    expect(seen).toEqual([
      [["pending", 0, null]],
      [["pending", 0, null]],
      [["firing", 0, null]],
      [["resolved", 0, 15_000]],
      [["pending", 20_000, null]],
      [],
    ]);
  });
  it("carry labels and annotations, without the metric's name", () => {
    const store = createStore({ maxSeries: 9, points: 99, keptMs: 1e6 });
    store.append({ __name__: "a", service: "shop" }, 0, 7);
    const alerts = createAlerts(readRules(rules), store);
    alerts.turn(0);
    expect(alerts.list()).toMatchObject([{ labels: { service: "shop", severity: "page", alertname: "High" }, annotations: { summary: "shop at 7" } }]); // prettier-ignore
  });
  it.each([
    ["a >", /parse error/],
    ["topk(1, a)", /not supported/],
  ])("refuse an expression that is not spoken: %s", (expr, why) => {
    expect(() => readRules(rules.replace("a > 5", expr))).toThrow(why);
  });
  it("refuse a template that they cannot fill", () => {
    expect(() => readRules(rules.replace("{{$value}}", "{{ $value | humanize }}"))).toThrow(
      /template .* not supported/,
    );
  });
});
