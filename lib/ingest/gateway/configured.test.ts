import { describe, expect, it } from "vitest";
import { configured } from "./configured";

describe("what a request sets", () => {
  const tool = (name: string, type = "object") => ({ type: "function", function: { name, parameters: { type } } });

  it.each([
    ["Chat Completions", { reasoning_effort: "high" }, "high"],
    ["Responses", { reasoning: { effort: "low" } }, "low"],
    ["Messages", { output_config: { effort: "medium" } }, "medium"],
    ["none", {}, null],
    ["what is none", { reasoning_effort: 7, reasoning: [], output_config: null }, null],
  ])("effort of %s", (_, body, effort) => expect(configured(body).effort).toBe(effort));

  it("hashes the tools that are offered, whatever their order", () => {
    const hash = (...tools: unknown[]) => configured({ tools }).tools_hash;
    expect(hash(tool("a"), tool("b"))).toMatch(/^[0-9a-f]{16}$/);
    expect(hash(tool("b"), tool("a"))).toBe(hash(tool("a"), tool("b")));
    expect(hash(tool("a", "array"), tool("b"))).not.toBe(hash(tool("a"), tool("b")));
    expect([hash(), configured({}).tools_hash, configured({ tools: "all" }).tools_hash]).toEqual([null, null, null]);
  });
});
