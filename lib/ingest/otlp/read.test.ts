import { describe, expect, test } from "vitest";
import { WANTED } from "./aliases";
import { encode } from "./encode-fixture";
import { read } from "./read";
import type { Signal } from "./shape";

type Value = string | number | boolean | string[];
const attributes = (of: Record<string, Value>) =>
  Object.entries(of).map(([key, value]) => ({
    key,
    value:
      typeof value === "string"
        ? { stringValue: value }
        : typeof value === "boolean"
          ? { boolValue: value }
          : Array.isArray(value)
            ? { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } }
            : Number.isInteger(value)
              ? { intValue: String(value) }
              : { doubleValue: value },
  }));
const AT = "1795788179000000000";
const resource = (program: string, of: Record<string, Value> = {}) => ({
  attributes: attributes({ "service.name": program, ...of }),
});
const span = (of: Record<string, Value>, more: object = {}) => ({
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  parentSpanId: "",
  name: "x",
  kind: 1,
  startTimeUnixNano: "1795788178500000000",
  endTimeUnixNano: AT,
  attributes: attributes(of),
  ...more,
});
const spans = (program: string, ...list: object[]) => ({
  resourceSpans: [{ resource: resource(program), scopeSpans: [{ scope: { name: "s" }, spans: list }] }],
});
const logs = (program: string, ...list: object[]) => ({
  resourceLogs: [{ resource: resource(program), scopeLogs: [{ scope: { name: "s" }, logRecords: list }] }],
});
const log = (of: Record<string, Value>, more: object = {}) => ({
  timeUnixNano: AT,
  attributes: attributes(of),
  ...more,
});

/** The same from both encodings. */
function both(signal: Signal, body: Record<string, unknown>) {
  const json = read(signal, { json: body });
  expect(read(signal, encode(signal, body))).toEqual({
    ...json,
    // What names a series or a record is of one encoding: no sender changes it in the middle.
    told: json.told.map((one) => ({ ...one, id: expect.any(String) })),
  });
  return json;
}

/** One span of each dialect, with all that it says of one call of 100 tokens in (30 of them cached), 20 out. */
const DIALECTS: [string, Record<string, Value>][] = [
  ["GenAI conventions", { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20, "gen_ai.usage.cache_read.input_tokens": 30 }],
  ["GenAI conventions of 2024", { "gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 100, "gen_ai.usage.completion_tokens": 20, "gen_ai.usage.cache_read_input_tokens": 30 }],
  ["OpenInference", { "openinference.span.kind": "LLM", "llm.model_name": "m", "llm.provider": "openai", "llm.token_count.prompt": 100, "llm.token_count.completion": 20, "llm.token_count.prompt_details.cache_read": 30 }],
  ["OpenLLMetry", { "llm.request.type": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 100, "gen_ai.usage.completion_tokens": 20, "llm.usage.total_tokens": 120, "gen_ai.usage.cache_read_input_tokens": 30 }],
  ["Vercel AI SDK", { "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m", "ai.model.provider": "openai", "ai.usage.inputTokens": 100, "ai.usage.outputTokens": 20, "ai.usage.inputTokenDetails.cacheReadTokens": 30 }],
  ["LiteLLM", { "gen_ai.system": "openai", "gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 100, "gen_ai.usage.completion_tokens": 20, "gen_ai.usage.cache_read.input_tokens": 30 }],
  ["Pydantic AI", { "gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20, "gen_ai.usage.details.cache_read_tokens": 30 }],
  ["GitHub Copilot", { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": "100", "gen_ai.usage.output_tokens": "20", "gen_ai.usage.cache_read.input_tokens": "30" }],
]; // prettier-ignore

describe("one model call", () => {
  test.each(DIALECTS)("%s", (_, said) => {
    const { told } = both("traces", spans("bot", span(said)));
    expect(told).toMatchObject([
      {
        kind: "model_call",
        amounts: { modelCalls: 1, input: 100, output: 20, cached: 30 },
        event: { model: "m", provider: "openai", latency_ms: 500, success: true },
      },
    ]);
    expect(told[0]?.amounts.nanoUsd).toBeUndefined();
  });
});

test("what a call was set to: effort, permission mode, and tools as a hash that changes with them", () => {
  const secret = "what the tool is for";
  const definitions = (type: string) => JSON.stringify([{ name: "search", description: secret, parameters: { type } }]);
  const chat = (of: Record<string, Value>) =>
    span({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.response.model": "m-01", ...of });
  const { told } = both(
    "traces",
    spans(
      "bot",
      chat({ "gen_ai.tool.definitions": definitions("object") }),
      chat({ "gen_ai.tool.definitions": definitions("array") }),
      chat({ "gen_ai.tool.definitions": "[]" }),
    ),
  );
  const [first, second, none] = told.map(({ event }) => event);
  expect(first).toMatchObject({ model: "m", response_model: "m-01", tools_hash: expect.stringMatching(/^[\w-]{11}$/) });
  expect(second!.tools_hash).not.toBe(first!.tools_hash);
  expect(none!.tools_hash).toBeNull();
  expect(JSON.stringify(told)).not.toContain(secret);
  const claude = {
    "event.name": "api_request",
    model: "m",
    effort: "high",
    permission_mode: "plan",
    input_tokens: 5,
    request_id: "r",
  };
  expect(both("logs", logs("claude-code", log(claude))).told).toMatchObject([
    { event: { effort: "high", permission_mode: "plan" } },
  ]);
});

test.each([
  [{ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search" }],
  [{ "openinference.span.kind": "TOOL", "tool.name": "search" }],
  [{ "traceloop.span.kind": "tool", "traceloop.entity.name": "search" }],
  [{ "ai.operationId": "ai.toolCall", "ai.toolCall.name": "search" }],
  [{ "gen_ai.tool.name": "search" }],
])("one tool call that failed: %j", (said) => {
  const { told } = both("traces", spans("bot", span(said as Record<string, Value>, { status: { code: 2 } })));
  expect(told).toMatchObject([
    { kind: "tool_call", amounts: { toolCalls: 1, failures: 1 }, event: { tool: "search", success: false } },
  ]);
});

test("an outer span of a library and the one below it are one call; what sums calls up is none", () => {
  const call = { "gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5 };
  const { told } = both(
    "traces",
    spans(
      "bot",
      span({ "ai.operationId": "ai.generateText", "ai.usage.inputTokens": 5 }, { spanId: "aaaaaaaaaaaaaaaa" }),
      span({ "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m", "ai.usage.inputTokens": 5 }, { spanId: "bbbbbbbbbbbbbbbb", parentSpanId: "aaaaaaaaaaaaaaaa" }),
      span(call, { spanId: "cccccccccccccccc", parentSpanId: "bbbbbbbbbbbbbbbb" }),
    ),
  ); // prettier-ignore
  expect(told.map(({ kind, amounts }) => [kind, amounts.input])).toEqual([
    ["run_end", undefined],
    ["model_call", 5],
  ]);
});

test("Anthropic's own input tokens are without the cached ones, the conventions' are with them", () => {
  const own = {
    "event.name": "api_request",
    model: "m",
    input_tokens: 10,
    cache_read_tokens: 5,
    cache_creation_tokens: 3,
  };
  expect(both("logs", logs("claude-code", log(own))).told[0]?.amounts).toMatchObject({
    input: 18,
    cached: 5,
    cacheWrite: 3,
  });
  const span_ = {
    "gen_ai.operation.name": "chat",
    input_tokens: 10,
    "gen_ai.usage.input_tokens": 18,
    cache_read_tokens: 5,
  };
  expect(both("traces", spans("claude-code", span(span_))).told[0]?.amounts).toMatchObject({ input: 18, cached: 5 });
});

test("content is not read, whatever it hides in", () => {
  const secret = "tell nobody";
  const said = {
    "event.name": "codex.tool_result",
    tool_name: "sh",
    call_id: "c",
    arguments: secret,
    output: secret,
    success: "true",
  };
  const { told, lines } = both(
    "logs",
    logs("codex_exec", log(said), log({ "event.name": "gen_ai.user.message" }, { body: { stringValue: secret } })),
  );
  expect(told).toMatchObject([{ kind: "tool_call", event: { tool: "sh", success: true } }]);
  expect(JSON.stringify([told, lines])).not.toContain(secret);
  const content =
    /prompt$|arguments|output$|messages|instructions|^body$|content$|input\.value|output\.value|response$/;
  expect([...WANTED].filter((name) => content.test(name))).toEqual(["llm.token_count.prompt"]);
});

test("what an agent's program logs besides is kept by name; a service's lines are lines", () => {
  const { told, lines, counted } = both("logs", {
    resourceLogs: [
      ...logs("claude-code", log({ "event.name": "compaction" }, { body: { stringValue: "claude_code.compaction" } }))
        .resourceLogs,
      ...logs("checkout", log({}, { body: { stringValue: "connection refused" }, severityText: "ERROR" })).resourceLogs,
    ],
  });
  expect(told).toEqual([]);
  expect(lines).toMatchObject([
    { service: "checkout", line: "connection refused", level: "ERROR", timestamp: 1795788179000 },
  ]);
  expect(counted).toMatchObject([
    { program: "claude-code", name: "claude_code.compaction", fate: "kept_by_name", records: 1 },
    { program: "checkout", fate: "taken", records: 1 },
  ]);
});

test("spans of services are edges: to a peer that is named, and from whose span they continue", () => {
  const { edges, counted } = both("traces", {
    resourceSpans: [
      ...spans("web", span({ "peer.service": "cart" }, { kind: 3, spanId: "aaaaaaaaaaaaaaaa" })).resourceSpans,
      ...spans("pay", span({}, { kind: 2, parentSpanId: "aaaaaaaaaaaaaaaa" }), span({}, { spanId: "bbbbbbbbbbbbbbbb" }))
        .resourceSpans,
    ],
  });
  expect(edges).toEqual([["web", "cart"], ["web", "pay"]]); // prettier-ignore
  expect(counted.find(({ fate }) => fate === "dropped")).toMatchObject({ program: "pay", scope: "s", records: 1 });
});

describe("a body of another signal", () => {
  const bodies: [Signal, Record<string, unknown>][] = [
    ["traces", spans("bot", span({ "gen_ai.operation.name": "chat" }))],
    ["logs", logs("bot", log({ "event.name": "x" }, { body: { stringValue: "hello" }, severityText: "INFO" }))],
    ["metrics", { resourceMetrics: [{ resource: resource("bot"), scopeMetrics: [{ scope: { name: "s" }, metrics: [{ name: "a.b", sum: { aggregationTemporality: 1, dataPoints: [{ startTimeUnixNano: AT, timeUnixNano: AT, asInt: "4" }] } }] }] }] }],
  ]; // prettier-ignore
  const wrong = bodies.flatMap(([is, body]) =>
    bodies.filter(([as]) => as !== is).map(([as]) => [is, as, body] as const),
  );
  test.each(wrong)("%s posted as %s is refused", (is, as, body) => {
    expect(() => read(as, encode(is, body))).toThrow(/its own endpoint|longer than its declared length/);
    expect(() => read(as, { json: body })).toThrow("each signal has its own endpoint");
  });
  test.each(bodies)("%s posted as what it is, and nothing at all, are taken", (is, body) => {
    expect(both(is, body).records).toBe(1);
    expect(both(is, {}).records).toBe(0);
  });
});

test("names with underscores, enums by name and numbers as text are read", () => {
  const { told } = read("traces", {
    json: {
      resource_spans: [
        {
          resource: resource("bot"),
          scope_spans: [
            {
              spans: [
                {
                  trace_id: "5B8EFFF798038103D269B633813FC60C",
                  span_id: "EEE19B7EC3C1B174",
                  name: "chat m",
                  start_time_unix_nano: "1795788178500000000",
                  end_time_unix_nano: AT,
                  status: { code: "STATUS_CODE_ERROR" },
                  attributes: [{ key: "gen_ai.operation.name", value: { string_value: "chat" } }],
                },
              ],
            },
          ],
        },
      ],
    },
  });
  expect(told).toMatchObject([
    { trace: "5b8efff798038103d269b633813fc60c", event: { success: false }, at: 1795788179000 },
  ]);
});

describe("hostile bodies", () => {
  test("many attributes cost their bytes, and only those that are asked for are kept", () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`a${i}`, "x"]));
    const body = encode("traces", spans("bot", span({ ...many, "gen_ai.operation.name": "chat" })));
    const { told } = read("traces", body);
    expect(Object.keys(told[0]!.event).length).toBeLessThan(20);
  });
  test("values that nest are passed over", () => {
    let value: Record<string, unknown> = { stringValue: "x" };
    for (let i = 0; i < 500; i++) value = { kvlistValue: { values: [{ key: "k", value }] } };
    const deep = { key: "gen_ai.operation.name", value };
    expect(both("traces", spans("bot", { ...span({}), attributes: [deep] })).told).toEqual([]);
  });
  test("records beyond the most of one request are counted, not read", () => {
    const list = Array.from({ length: 20_005 }, () => log({}));
    expect(read("logs", encode("logs", logs("bot", ...list)))).toMatchObject({ records: 20_005, beyond: 5 });
  });
  test("bytes that are no protobuf, or end too early, are refused", () => {
    const whole = encode("traces", spans("bot", span({ "gen_ai.operation.name": "chat" })));
    for (let length = 1; length < whole.length; length++)
      expect(() => read("traces", whole.subarray(0, length)), String(length)).toThrow(
        /index out of range|truncated|longer|address/,
      );
    expect(() => read("traces", Buffer.from("hello, this is no protobuf"))).toThrow(
      /index out of range|wire type|address/,
    );
  });
  test("names that are no names go by a digest", () => {
    const { told } = both(
      "traces",
      spans("bot\u0000\u202e", span({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "m".repeat(400) })),
    );
    expect(told[0]?.who.agentId).toMatch(/^sha256-/);
    expect(told[0]?.event.model).toMatch(/^sha256-/);
  });
});
