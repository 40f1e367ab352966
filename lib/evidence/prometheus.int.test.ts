import { afterEach, describe, expect, test } from "vitest";
import { createPrometheus, MAX_POINTS, type Prometheus, stepFor } from "./prometheus";
import { json, serve, type TestServer } from "./test-server";

const ports = { fetch, now: Date.now };
const reader = (url: string): Prometheus => createPrometheus({ source: "prometheus", url, timeoutMs: 60_000 }, ports);

test.each([
  [{ from: 0, to: 60 }, 1],
  [{ from: 0, to: 3_600 }, 10],
  [{ from: 0, to: 3_600, minStep: 15 }, 15],
  [{ from: 0, to: 7 * 86_400 }, 1_800],
  [{ from: 0, to: 5 * 365 * 86_400 }, 4 * 86_400],
])("the step of %o is %i s", (range, step) => {
  expect(stepFor(range)).toBe(step);
  expect(Math.floor((range.to - range.from) / step) + 1).toBeLessThanOrEqual(MAX_POINTS);
});

describe("answers that are not what they should be", () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());
  const answering = async (body: unknown) => {
    server = await serve((_, response) => json(response, body));
    return reader(server.url);
  };

  test("NaN, infinities and no series at all are no data, never 0", async () => {
    const result = [
      { metric: { a: "1" }, value: [1, "NaN"] },
      { metric: { a: "2" }, value: [1, "+Inf"] },
      { metric: { a: "3" }, value: [1, "0"] },
      { metric: { a: "4" }, histogram: [1, {}] },
      { metric: { a: "5" }, value: [1, ""] },
    ];
    const prometheus = await answering({ status: "success", data: { resultType: "vector", result } });
    expect(await prometheus.instant("x")).toEqual({
      ok: true,
      source: "prometheus",
      truncated: false,
      value: [{ labels: { a: "3" }, t: 1, value: 0 }],
    });
  });

  test("a range keeps the gaps that were there, and drops series of nothing but gaps", async () => {
    const result = [
      { metric: {}, values: [[1, "1.5"], [2, "NaN"], [3, "2e3"]] }, // prettier-ignore
      { metric: {}, values: [[1, "-Inf"]] },
    ];
    const prometheus = await answering({ status: "success", data: { resultType: "matrix", result } });
    expect(await prometheus.range("x", { from: 0, to: 10 })).toMatchObject({
      value: [{ points: [[1, 1.5], [3, 2_000]] }], // prettier-ignore
    });
  });

  test("an answer with warnings, or with more series than are kept, is truncated", async () => {
    const empty = { status: "success", data: { resultType: "vector", result: [] } };
    const prometheus = await answering({ ...empty, warnings: ["one store was not reached"] });
    expect(await prometheus.instant("x")).toMatchObject({ ok: true, truncated: true, value: [] });
    await server?.close();
    const result = Array.from({ length: 1_001 }, (_, i) => ({ metric: { i: String(i) }, value: [1, "1"] }));
    const many = await (await answering({ status: "success", data: { resultType: "vector", result } })).instant("x");
    expect(many).toMatchObject({ ok: true, truncated: true });
    expect(many.ok && many.value.length).toBe(1_000);
  });

  test.each([
    ["Thanos", { warnings: ["store-1: connection refused"] }, 'answered in part: "store-1: connection refused"'],
    ["VictoriaMetrics", { isPartial: true }, "answered in part"],
    ["nothing missing", { warnings: null, isPartial: false }, null],
    ["a note on the query", { warnings: ["PromQL info: metric might not be a counter"] }, null],
  ])("an answer in part says so: %s", async (_, said, reason) => {
    const result = [{ metric: { job: "a" }, value: [1, "1"] }];
    const looked = await (
      await answering({ status: "success", data: { resultType: "vector", result }, ...said })
    ).instant("x");
    expect(looked).toMatchObject({ ok: true, truncated: reason !== null, value: [{ value: 1 }] });
    expect(looked.ok && looked.missing).toEqual(reason === null ? undefined : [{ source: "prometheus", reason }]);
  });

  test.each([
    { resultType: "", result: null },
    { resultType: "vector", result: null },
    { resultType: "", result: [] },
    null,
  ])("an empty result in another dialect is empty: %j", async (data) => {
    const prometheus = await answering({ status: "success", data });
    expect(await prometheus.instant("x")).toMatchObject({ ok: true, truncated: false, value: [] });
    expect(await prometheus.range("x", { from: 0, to: 10 })).toMatchObject({ ok: true, value: [] });
  });

  test("lists without members may be null", async () => {
    const prometheus = await answering({ status: "success", data: null });
    expect(await prometheus.labelValues("job")).toMatchObject({ ok: true, value: [] });
    expect(await prometheus.series(["up"], 0, 1)).toMatchObject({ ok: true, value: [] });
  });

  test("values at one moment where a range was asked for say so", async () => {
    const prometheus = await answering({ status: "success", data: { resultType: "vector", result: [{}] } });
    expect(await prometheus.range("x", { from: 0, to: 10 })).toMatchObject({
      ok: false,
      reason: "the query returns a vector, not a range vector",
    });
  });

  test.each([
    [{ status: "error", errorType: "execution", error: "too many samples" }, '"too many samples"'],
    [
      { status: "success", data: { resultType: "vector", result: [{ value: [1, 2] }] } },
      /not a valid Prometheus API response/,
    ],
    [{ status: "success", data: { resultType: "matrix", result: [] } }, /returns a matrix/],
    [null, /not a valid Prometheus API response/],
    [[[[]]], /not a valid Prometheus API response/],
  ])("%j is not looked at", async (body, reason) => {
    const looked = await (await answering(body)).instant("x");
    expect(looked).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });
});
