import { ChatOpenAI } from "@langchain/openai";
import { describe, expect, it } from "vitest";
import { backoffMs, retryAfterMs } from "./backoff.js";
import { createBuffer } from "./buffer.js";
import { createDirectiveState } from "./directive.js";
import { canonicalJson, hashAction, hashText, hashTools } from "./hash.js";
import { costOf } from "./prices.js";
import { createHeldPrompts } from "./prompts.js";
import { atTemperature, readModel } from "./langchain/reading.js";
import { readError } from "./reading.js";
import type { Directive } from "./wire.js";

describe("hashes", () => {
  it("are SHA-256 (FIPS 180-2, the vector for abc), 16 digits", () => expect(hashText("abc")).toBe("ba7816bf8f01cfea"));
  it("do not depend on the order of keys or tools", () => {
    expect(canonicalJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe('{"a":[{"c":2,"d":1}],"b":1}');
    expect(hashAction("t", { a: 1, b: 2 })).toBe(hashAction("t", { b: 2, a: 1 }));
    expect(hashTools([{ name: "a" }, { name: "b" }])).toBe(hashTools([{ name: "b" }, { name: "a" }]));
  });
  it("tell different actions apart", () => {
    expect(hashAction("t", { a: 1 })).not.toBe(hashAction("t", { a: 2 }));
    expect(hashAction("t", undefined)).not.toBe(hashAction("u", undefined));
  });
});

describe("waits", () => {
  it.each([
    [0, 1, 500], [3, 1, 4000], [10, 1, 30_000], [1000, 1, 30_000], [3, 0, 50], [2, 0.5, 1000],
  ])("attempt %i with luck %f waits %i ms", (attempt, luck, ms) => expect(backoffMs(attempt, 500, 30_000, () => luck)).toBe(ms)); // prettier-ignore
  it.each([
    ["2", 2000], ["0", 0], ["-4", 0], ["86400", 300_000], ["Thu, 01 Jan 1970 00:01:00 GMT", 60_000], ["soon", null], ["", null], [undefined, null],
  ])("Retry-After %j is %j ms", (header, ms) => expect(retryAfterMs(header, 0)).toBe(ms)); // prettier-ignore
});

describe("costs", () => {
  const price = { input: 3, output: 15, cachedInput: 0.3 };
  const usage = { inputTokens: 1000, outputTokens: 100, cachedInputTokens: 400, cacheWriteTokens: undefined };
  it("charge cached tokens at their price", () =>
    expect(costOf(price, usage)).toBeCloseTo((600 * 3 + 400 * 0.3 + 100 * 15) / 1e6, 12));
  it("are unknown without a price or a count", () => {
    expect(costOf(undefined, usage)).toBeUndefined();
    expect(costOf(price, { ...usage, outputTokens: undefined })).toBeUndefined();
  });
});

describe("held prompts", () => {
  it("are the last distinct ones, and a hash keeps its first text", () => {
    const held = createHeldPrompts<string>(2);
    expect([held.see("a", "1", "A"), held.see("b", "2", "B"), held.see("a", "1", "A'")]).toEqual([true, true, false]);
    held.see("c", "3", "C");
    expect(held.hashes()).toEqual(["a", "c"]);
    expect(held.get("a")?.prompt).toBe("A");
    expect(held.get("b")).toBeNull();
  });
});

describe("the buffer", () => {
  const keys = () => "k";
  it("drops the oldest telemetry, never an acknowledgement while telemetry is left, and counts", () => {
    const buffer = createBuffer(3, keys);
    buffer.push("1", false);
    buffer.push("2", true);
    buffer.push("3", false);
    buffer.push("4", false);
    buffer.push("5", false);
    expect(buffer.take()?.body).toBe('{"events":[2,4,5]}');
    expect(buffer.dropped).toBe(2);
  });
  it("makes batches of at most 500 events and 800 kB", () => {
    const buffer = createBuffer(5000, keys);
    for (let i = 0; i < 1200; i++) buffer.push("{}", false);
    expect([buffer.take()?.events, buffer.take()?.events, buffer.take()?.events, buffer.take()]).toEqual([
      500,
      500,
      200,
      null,
    ]);
    for (let i = 0; i < 3; i++) buffer.push(JSON.stringify("x".repeat(390_000)), false);
    expect([buffer.take()?.events, buffer.take()?.events]).toEqual([2, 1]);
    buffer.push(JSON.stringify("x".repeat(900_000)), false);
    expect([buffer.take(), buffer.dropped]).toEqual([null, 1]);
  });
});

describe("the directive's lease", () => {
  const directive = (version: number, status: Directive["status"]): Directive => ({
    agent_id: "a", version, hash: "h", status, level: null, hand_over_to: null, prompt: null, revoked_tools: [], memory_epoch: 0, successor: null, reason: "", lease_seconds: 10, budgets: [], tree_budgets: [],
    autonomy: { level: "full", max_model_calls: null, max_tool_calls: null, temperature: null },
  }); // prettier-ignore
  it.each(["open", "closed"] as const)("holds the newest until its lease ends, then falls %s", (unreachable) => {
    let now = 0;
    const state = createDirectiveState(unreachable, () => now);
    expect(state.inForce().kind).toBe(unreachable === "open" ? "free" : "closed");
    expect(state.receive(directive(2, "quarantined"))).toBe(true);
    expect(state.receive(directive(1, "run"))).toBe(false);
    now = 9999;
    expect(state.inForce()).toMatchObject({ kind: "directive", directive: { version: 2 } });
    now = 10_000;
    expect(state.inForce().kind).toBe(unreachable === "open" ? "free" : "closed");
    state.receive(directive(2, "quarantined"));
    expect(state.inForce().kind).toBe("directive");
  });
  it("never lapses when retired", () => {
    let now = 0;
    const state = createDirectiveState("open", () => now);
    state.receive(directive(1, "retired"));
    now = 1e9;
    expect(state.inForce().kind).toBe("directive");
  });
});

describe("models", () => {
  const openai = (more: object) => new ChatOpenAI({ model: "gpt-x", apiKey: "none", ...more });
  it("are copied at another temperature only where the host set one", () => {
    const warm = openai({ temperature: 1 });
    const cool = atTemperature(warm, 0.2);
    expect([warm.temperature, cool.temperature, cool.model]).toEqual([1, 0.2, "gpt-x"]);
    expect(atTemperature(warm, 0.2)).toBe(cool);
    const unset = openai({});
    expect(atTemperature(unset, 0.2)).toBe(unset);
    expect(atTemperature("a name", 0.2)).toBe("a name");
  });
  it("say who they are", () => {
    expect(readModel(openai({}))).toEqual({ model: "gpt-x", provider: "openai" });
    expect(readModel(null)).toEqual({ model: undefined, provider: undefined });
  });
  it.each([
    [new TypeError("x"), { errorType: "TypeError", httpStatus: undefined }],
    [Object.assign(new Error("x"), { code: "ECONNRESET" }), { errorType: "ECONNRESET", httpStatus: undefined }],
    [Object.assign(new Error("x"), { status: 429 }), { errorType: "Error", httpStatus: 429 }],
    [{ response: { status: 503 } }, { errorType: "Object", httpStatus: 503 }],
    [undefined, { errorType: "unknown", httpStatus: undefined }],
  ])("an error %o is told by its kind alone", (error, told) => expect(readError(error)).toEqual(told));
});
