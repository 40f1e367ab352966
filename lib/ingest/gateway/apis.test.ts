import { describe, expect, test } from "vitest";
import type { Api, Json } from "./api";
import { CHAT } from "./chat";
import { Garbled } from "./frames";
import { MESSAGES } from "./messages";
import { RESPONSES } from "./responses";

const named = (name: string) => ({ type: "function", function: { name } });

test.each<[string, Api, Json, Json]>([
  ["none is revoked", CHAT, { tools: [named("Read")] }, { tools: [named("Read")] }],
  ["one of two", CHAT, { tools: [named("Bash"), named("Read")], tool_choice: "auto" }, { tools: [named("Read")], tool_choice: "auto" }],
  ["the last one, and all that goes with tools", CHAT, { tools: [named("Bash")], tool_choice: "required", parallel_tool_calls: true, n: 1 }, { n: 1 }],
  ["a choice of it", CHAT, { tools: [named("Bash"), named("Read")], tool_choice: named("Bash") }, { tools: [named("Read")] }],
  ["a choice of another", CHAT, { tools: [named("Bash"), named("Read")], tool_choice: named("Read") }, { tools: [named("Read")], tool_choice: named("Read") }],
  ["a custom tool", CHAT, { tools: [{ type: "custom", custom: { name: "Bash" } }] }, {}],
  ["functions as they were", CHAT, { functions: [{ name: "Bash" }], function_call: "auto" }, {}],
  ["by name", RESPONSES, { tools: [{ type: "function", name: "Bash" }, { type: "web_search" }] }, { tools: [{ type: "web_search" }] }],
  ["a list of allowed ones", RESPONSES, { tools: [{ type: "function", name: "Bash" }, { type: "function", name: "Read" }], tool_choice: { type: "allowed_tools", tools: [{ type: "function", name: "Bash" }] } }, { tools: [{ type: "function", name: "Read" }] }],
  ["Anthropic's own", MESSAGES, { tools: [{ type: "bash_20250124", name: "Bash" }, { name: "Read" }] }, { tools: [{ name: "Read" }] }],
  ["what is no list", MESSAGES, { tools: "Bash" }, { tools: "Bash" }],
])("revoked tools: %s", (_, api, body, expected) => expect(api.withoutTools(body, new Set(["Bash"]))).toEqual(expected)); // prettier-ignore

test("a tool of the vendor's own is revoked by its type", () =>
  expect(RESPONSES.withoutTools({ tools: [{ type: "web_search" }] }, new Set(["web_search"]))).toEqual({}));

describe.each([
  ["chat", CHAT],
  ["responses", RESPONSES],
  ["messages", MESSAGES],
] as const)("%s", (_, api) => {
  test.each([{}, { usage: null, choices: null, output: 7, content: "x" }, { choices: [null, {}], output: [{}], content: [{}] }, { usage: { prompt_tokens: -1, input_tokens: 1e99, output_tokens: "9" } }])("an answer that is none says nothing: %o", (answer) => {
    const { told, calls } = api.read(answer);
    expect([told.tokens, calls]).toEqual([{}, []]);
  }); // prettier-ignore
  test("messages of a stream that are none say nothing, or end it", () => {
    const reading = api.reading({});
    for (const data of ["{}", '{"type":7,"choices":[7],"response":[]}']) expect(reading.take(data).ended ?? []).toEqual([]); // prettier-ignore
    for (const data of ["", "null", "[]", "{", "7"]) expect(() => reading.take(data), data).toThrow(Garbled);
    expect(reading.done).toBe(false);
  });
  test("an error in a stream names its kind", () => {
    const reading = api.reading({});
    reading.take('{"type":"error","code":"overloaded_error","error":{"type":"overloaded_error"}}');
    expect(reading.told.error).toBe("overloaded_error");
  });
});

test("a name that comes in pieces is put together, as clients do", () => {
  const reading = CHAT.reading({});
  const piece = (of: object, finish_reason: string | null = null) =>
    reading.take(
      JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...of }] }, finish_reason }] }),
    );
  expect(piece({ id: "c", function: { name: "Ba" } }).begun).toEqual(["Ba"]);
  expect(piece({ function: { name: "sh", arguments: "{" } }).begun).toEqual(["Bash"]);
  expect(piece({ function: { arguments: "}" } }, "tool_calls").ended).toEqual([{ tool: "Bash", id: "c", input: "{}" }]);
});

test("calls that no message ended end with the stream", () => {
  const reading = CHAT.reading({});
  reading.take('{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"Bash"}}]}}]}');
  expect(reading.take("[DONE]").ended).toMatchObject([{ tool: "Bash" }]);
  const blocks = MESSAGES.reading({});
  blocks.take(
    '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c","name":"Bash","input":{}}}',
  );
  expect(blocks.take('{"type":"message_stop"}').ended).toMatchObject([{ tool: "Bash" }]);
});

test("a call that only the last message of a response holds is heard once", () => {
  const item = { type: "function_call", call_id: "c", name: "Bash", arguments: "{}" };
  const last = JSON.stringify({ type: "response.completed", response: { status: "completed", output: [item] } });
  const reading = RESPONSES.reading({});
  expect(reading.take(last).ended).toMatchObject([{ tool: "Bash" }]);
  const other = RESPONSES.reading({});
  other.take(JSON.stringify({ type: "response.output_item.done", item }));
  expect(other.take(last).ended).toEqual([]);
});
