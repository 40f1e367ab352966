import { expect, it } from "vitest";
import { succeeded } from "./call-outcome";

it.each([
  ["model_call", { success: true }, true],
  ["model_call", { success: false }, false],
  ["model_call", {}, null],
  ["model_call", { error_type: "timeout" }, false],
  // Some name an error that they got over.
  ["model_call", { success: true, error_type: "timeout" }, true],
  ["model_call", { success: true, http_status: 0 }, true],
  ["model_call", { success: true, http_status: 503, error_type: "timeout" }, false],
  ["model_call", { success: true, error_type: "" }, true],
  ["model_call", { success: true, http_status: 500 }, false],
  ["model_call", { success: true, http_status: 429 }, false],
  ["model_call", { http_status: 0 }, false],
  ["model_call", { http_status: 200 }, true],
  ["model_call", { http_status: 302 }, true],
  ["model_call", { output_tokens: 0 }, true],
  ["model_call", { output_tokens: 12, error_type: "content_filter" }, false],
  ["model_call", { finish_reason: "stop" }, true],
  ["tool_call", { result_hash: "r" }, true],
  ["tool_call", { result_bytes: 0 }, true],
  ["tool_call", { success: false, result_hash: "r" }, false],
  // A whole run may have tokens however it ended; a heartbeat has no outcome.
  ["run_end", { output_tokens: 900 }, null],
  ["run_end", { error_type: "recursion_limit" }, false],
  ["heartbeat", {}, null],
] as const)("%s %j: %s", (kind, said, expected) => expect(succeeded(kind, said)).toBe(expected));
