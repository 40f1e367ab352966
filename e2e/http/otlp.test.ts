import { randomUUID } from "node:crypto";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";
import { asAgent, asPerson, key, problemOf, url } from "./client";

/** The official SDK and its exporters, against the built server. */
const headers = { authorization: `Bearer ${key}` };
const nameOf = (what: string) => `${what}-${randomUUID().slice(0, 8)}`;

interface Run {
  run_id: string;
  model_calls: number;
  tool_calls: number;
  errors: number;
  tokens: number | null;
  cost: number | null;
}
const runsOf = async (agent: string): Promise<Run[]> => {
  const answer = await asPerson("viewer", `/api/v1/agents/${encodeURIComponent(agent)}/runs`);
  return answer.ok ? ((await answer.json()) as { runs: Run[] }).runs : [];
};

/** One run: a tool call that fails between two model calls, below a span of the agent, in words of three ages. */
const AGES = [
  ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", { "gen_ai.provider.name": "openai" }],
  ["gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens", { "gen_ai.system": "openai" }],
  ["llm.token_count.prompt", "llm.token_count.completion", { "openinference.span.kind": "LLM", "llm.model_name": "gpt-4o" }],
] as const; // prettier-ignore
const ways = [
  ["protobuf", () => new OTLPTraceExporter({ url: `${url}/v1/traces`, headers })],
  ["protobuf, gzip", () => new OTLPTraceExporter({ url: `${url}/v1/traces`, headers, compression: "gzip" as never })],
  ["JSON", () => new JsonTraceExporter({ url: `${url}/v1/traces`, headers })],
  ["JSON, the key in the path", () => new JsonTraceExporter({ url: `${url}/otlp/${key}/v1/traces` })],
] as const;

test.each(ways.flatMap(([way, make]) => AGES.map((age) => [way, age[0], make, age] as const)))(
  "spans by the SDK: %s, %s",
  async (_way, _words, make, [input, output, more]) => {
    const agent = nameOf("otel-bot");
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ "service.name": agent }),
      spanProcessors: [new BatchSpanProcessor(make())],
    });
    const tracer = provider.getTracer("test");
    const root = tracer.startSpan(
      "invoke_agent",
      { attributes: { "gen_ai.operation.name": "invoke_agent" } },
      ROOT_CONTEXT,
    );
    const within = trace.setSpan(ROOT_CONTEXT, root);
    for (let call = 0; call < 2; call++) {
      const attributes = { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", ...more, [input]: 1_000, [output]: 100 }; // prettier-ignore
      tracer.startSpan("chat gpt-4o", { kind: SpanKind.CLIENT, attributes }, within).end();
    }
    const tool = tracer.startSpan("execute_tool", { attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search" } }, within); // prettier-ignore
    tool.setStatus({ code: SpanStatusCode.ERROR });
    tool.end();
    root.end();
    await provider.shutdown();
    await expect
      .poll(() => runsOf(agent))
      .toMatchObject([
        { model_calls: 2, tool_calls: 1, errors: 1, tokens: 2_200, cost: 0.007, run_id: root.spanContext().traceId },
      ]);
  },
);

test("logs and counters of one session by the SDK count once", async () => {
  const session = nameOf("session");
  const user = nameOf("ada");
  const resource = resourceFromAttributes({ "service.name": "claude-code" });
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics`, headers }) }),
    ],
  });
  const who = { "session.id": session, "user.name": user, model: "claude-opus-5-5" };
  const tokens = meters.getMeter("test").createCounter("claude_code.token.usage");
  tokens.add(1_000, { ...who, type: "input" });
  tokens.add(50, { ...who, type: "output" });
  await meters.forceFlush();
  // Cumulative: the same sums come again.
  await meters.shutdown();
  const loggers = new LoggerProvider({
    resource,
    processors: [
      new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${url}/v1/logs`, headers }) } as never),
    ],
  });
  const logger = loggers.getLogger("test");
  for (let call = 1; call <= 2; call++)
    logger.emit({ attributes: { "event.name": "api_request", "event.sequence": call, ...who, input_tokens: 500, output_tokens: 25, cost_usd: 0.25 } }); // prettier-ignore
  await loggers.shutdown();
  const agent = `claude-code:${user}`;
  await expect.poll(() => runsOf(agent)).toMatchObject([{ run_id: session, model_calls: 2, tokens: 1_050, cost: 0.5 }]);
  const shown = await (await asPerson("viewer", `/api/v1/agents/${encodeURIComponent(agent)}`)).json();
  expect(shown).toMatchObject({ agent: { type: "claude-code", enforcement: false } });
  const { records } = (await (await asPerson("viewer", "/api/v1/otlp-records")).json()) as { records: object[] };
  expect(records).toContainEqual(expect.objectContaining({ program: "claude-code", name: "claude_code.api_request", fate: "taken" })); // prettier-ignore
});

test("paths that are no signal, and methods that are not POST, are refused in the words of the API", async () => {
  for (const path of ["/v1/profiles", `/otlp/${key}/v1/profiles`, "/otlp", "/v1"])
    expect(await problemOf(await asAgent(path, { method: "POST", body: "{}" }))).toMatchObject({ status: 404 });
  expect(await problemOf(await asAgent("/v1/logs"))).toMatchObject({ status: 405 });
});
