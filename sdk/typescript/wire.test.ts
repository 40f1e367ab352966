import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import { Directive as DirectiveContract } from "@/lib/contracts/directive";
import { AgentEvent as EventContract } from "@/lib/contracts/event";
import { RegisterBody } from "@/lib/contracts/ingest";
import {
  type AgentEvent,
  cleanName,
  type Directive,
  encodeEvent,
  readDirective,
  readIngestDirectives,
  type Registration,
} from "./wire.js";

const directive: Directive = {
  agent_id: "a",
  version: 3,
  hash: "0123456789abcdef",
  status: "run",
  level: null,
  hand_over_to: null,
  prompt: { rollback_to: "abc" },
  revoked_tools: ["search"],
  autonomy: { level: "reduced", max_model_calls: 4, max_tool_calls: null, temperature: 0.2 },
  memory_epoch: 1,
  successor: null,
  reason: "a reason",
  lease_seconds: 60,
  budgets: [{ id: "b", measure: "usd", limit: 2, at_limit: "stop", more: { "r-1": 1 } }],
  tree_budgets: [{ id: "t", measure: "depth", limit: 2, at_limit: "pause_and_ask", more: { "r-0": 1 } }],
};

const event: Required<AgentEvent> = {
  agent_id: "a", agent_type: "Research", kind: "model_call", timestamp: Date.now(), sequence: 1, instance_id: "i",
  run_id: "r", parent_run_id: "p", root_run_id: "p", task_id: "t", environment: "test", version: "1", sdk_version: "ts-0",
  directive_version: 1, directive_hash: "h", enforced: true, mcp_servers: ["m"], tools_hash: "t", permission_mode: "plan", attributes: { a: 1, b: "x", c: null, d: true },
  model: "m", response_model: "m", effort: "low", provider: "p", region: "r", latency_ms: 1.5, ttft_ms: 1, input_tokens: 1, output_tokens: 1,
  cached_input_tokens: 1, cache_write_tokens: 1, reasoning_tokens: 1, token_count: 2, cost: 0.001, retries: 0, attempts: 1,
  http_status: 200, finish_reason: "stop", success: true, error_type: "e", prompt_hash: "h", prompt_version: "v", step_kind: "s", tool_calls: 1,
  tool: "t", action_hash: "a", result_hash: "r", side_effect: "read", result_bytes: 1, outcome: "success", score: 1, label: "l",
}; // prettier-ignore

const registration: Required<Registration> = {
  agent_id: "a", agent_type: "Research", model: "m", provider: "p", mcp_servers: ["m"], tools: ["t"], enforcement: true, can_clone: false,
  labels: { team: "x" }, instance_id: "i", prompt_hash: "h", prompt_version: "v", held_prompts: ["h"], environment: "e", version: "1", sdk_version: "s",
}; // prettier-ignore

describe("the SDK's types and the server's contracts", () => {
  it("agree on directives, both ways", () => {
    expectTypeOf<Directive>().toEqualTypeOf<z.infer<typeof DirectiveContract>>();
    expect(readDirective(DirectiveContract.parse(directive))).toEqual(directive);
  });
  it("agree on events: every field we may send is one that the server knows", () => {
    expectTypeOf<AgentEvent>().toExtend<z.input<typeof EventContract>>();
    expect(Object.keys(event).toSorted()).toEqual(Object.keys(EventContract.shape).toSorted());
    expect(EventContract.parse(JSON.parse(encodeEvent(event) ?? ""))).toEqual(event);
  });
  it("agree on registrations", () => {
    expectTypeOf<Registration>().toExtend<z.input<typeof RegisterBody>>();
    expect(RegisterBody.parse(registration)).toEqual(registration);
    expect(Object.keys(registration).toSorted()).toEqual(Object.keys(RegisterBody.shape).toSorted());
  });
});

describe("reading directives", () => {
  it.each([
    ["nothing", undefined],
    ["text", "run"],
    ["an array", [directive]],
    ["no version", { ...directive, version: undefined }],
    ["a negative version", { ...directive, version: -1 }],
    ["a version as text", { ...directive, version: "3" }],
    ["an unknown status", { ...directive, status: "asleep" }],
    ["tools that are no names", { ...directive, revoked_tools: [1] }],
    ["no autonomy", { ...directive, autonomy: null }],
    ["no lease", { ...directive, lease_seconds: 0 }],
    ["a prompt without a hash", { ...directive, prompt: {} }],
  ])("takes %s for nothing", (_, x) => expect(readDirective(x)).toBeNull());

  it("takes the level of a quarantine; one that is unknown, or left out by an older server, drains", () => {
    const held = { ...directive, status: "quarantined" };
    const level = (x: unknown) => readDirective({ ...held, level: x })!.level;
    expect(["hold_new", "drain", "hand_over", "kill"].map(level)).toEqual(["hold_new", "drain", "hand_over", "kill"]);
    expect([undefined, null, "freeze", 3].map(level)).toEqual(["drain", "drain", "drain", "drain"]);
    expect(readDirective({ ...directive, level: "kill" })!.level).toBeNull();
    expect(readDirective({ ...directive, hand_over_to: undefined })!.hand_over_to).toBeNull();
  });

  it("takes the budgets that it can hold, and none from a server that has none", () => {
    const odd = [{ id: "x", measure: "depth", limit: 3 }, { id: "y", measure: "usd", limit: 0 }, null, "b"];
    expect(readDirective({ ...directive, budgets: [...odd, ...directive.budgets] })).toEqual(directive);
    expect(readDirective({ ...directive, budgets: undefined })).toEqual({ ...directive, budgets: [] });
    expect(readDirective({ ...directive, tree_budgets: undefined })).toEqual({ ...directive, tree_budgets: [] });
    const idle = { ...directive.tree_budgets[0]!, measure: "idle_seconds" };
    expect(readDirective({ ...directive, tree_budgets: [idle, ...directive.tree_budgets] })).toEqual(directive);
    const plain = { ...directive.budgets[0]!, at_limit: "later", more: { r: "much", q: 2 } };
    expect(readDirective({ ...directive, budgets: [plain] })!.budgets).toEqual([
      { ...directive.budgets[0], at_limit: "pause_and_ask", more: { q: 2 } },
    ]);
  });

  it("finds the readable ones in an ingest answer", () => {
    expect(readIngestDirectives({ agents: { a: { directive }, b: { directive: { version: 1 } }, c: null } })).toEqual([
      directive,
    ]);
    expect(readIngestDirectives("<html>")).toEqual([]);
  });
});

describe("what is sent", () => {
  it.each([
    ["plain", "plain"],
    ["a\u0000b\nc", "a b c"],
    ["x".repeat(300), "x".repeat(200)],
    ["\n", undefined],
  ])("names %j travel as %j", (given, sent) => expect(cleanName(given)).toBe(sent));
  it("numbers that are none are unknown, and a cycle is no event", () => {
    expect(JSON.parse(encodeEvent({ agent_id: "a", cost: Number.NaN }) ?? "")).toEqual({ agent_id: "a", cost: null });
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    expect(encodeEvent({ agent_id: "a", attributes: cyclic as never })).toBeNull();
  });
});
