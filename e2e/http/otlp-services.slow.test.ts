import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

/** A service that sends its spans by the official SDK, and a Sentinel that knows it by nothing else. */
const server = new OwnServer({ WATCH_INTERVAL_MS: "500" });
beforeAll(() => server.setUp());
afterAll(() => server.remove());

interface Signal {
  name: string;
  state: string;
  value: number | null;
}
interface Shown {
  service: { state: string; source: string; measured_by: string; incident_id: string | null; signals: Signal[] };
}

test("failing requests in a service's spans open an incident, whose series are read from them", async () => {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": "shop" }),
    spanProcessors: [
      new BatchSpanProcessor(
        new OTLPTraceExporter({
          url: `${server.sentinel.url}/v1/traces`,
          headers: { authorization: `Bearer ${server.key}` },
        }),
      ),
    ],
  });
  const tracer = provider.getTracer("http");
  const serve = async (failed: number, requests = 20) => {
    for (let i = 0; i < requests; i++) {
      const span = tracer.startSpan("GET /", { kind: SpanKind.SERVER });
      if (i < failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    }
    await provider.forceFlush();
  };
  const shown = () => server.ask<Shown>("GET", "/api/v1/services/shop");
  await serve(0);
  await until("the service's signals", async () => {
    const { status, body } = await server.send("GET", "/api/v1/services/shop");
    return (
      status === 200 && (body as Shown).service.signals.some(({ name, value }) => name === "errors" && value === 0)
    );
  });
  expect((await shown()).service).toMatchObject({ state: "healthy", source: "traces", measured_by: "traces" });

  await serve(20);
  const incident = await until("its incident", async () => (await shown()).service.incident_id);
  expect((await shown()).service.signals.find(({ name }) => name === "errors")).toMatchObject({ state: "over_limit" });
  const { series } = await server.ask<{ series: { name: string; points: [number, number][] }[] }>(
    "GET",
    "/api/v1/services/shop/series?minutes=5",
  );
  expect(Math.max(...series.find(({ name }) => name === "errors")!.points.map(([, v]) => v))).toBeGreaterThan(0.05);
  const story = await until("its investigation", async () => {
    const found = await server.ask<{ causes: { node: string }[]; series: { node: string; name: string }[] }>(
      "GET",
      `/api/v1/incidents/${incident}/story`,
    );
    return found.causes.length > 0 && found;
  });
  expect(story.causes[0]).toMatchObject({ node: "shop" });
  expect(story.series).toContainEqual(expect.objectContaining({ node: "shop", name: "errors" }));
  await provider.shutdown();
});
