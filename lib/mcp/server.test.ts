import { expect, test } from "vitest";
import { z } from "zod";
import { TOOLS } from "./tools/index";

test.each(TOOLS.map((tool) => [tool.name, tool] as const))("%s says what it takes and gives, each field's unit or meaning", (_, tool) => {
  expect(tool.description.length).toBeLessThan(600);
  for (const schema of [tool.input, tool.output]) {
    const io = schema === tool.input ? "input" : "output";
    expect(z.toJSONSchema(schema, { io })).toMatchObject({ type: "object", additionalProperties: false });
  }
  expect(tool.timeoutMs).toBeLessThan(60_000);
}); // prettier-ignore

test("what a tool needs besides a token: backtest an operator's, hold_agent the scope hold, the others nothing", () => {
  const needs = TOOLS.filter(({ scope, role }) => scope !== undefined || role !== undefined);
  expect(needs.map(({ name, scope, role }) => [name, role, scope])).toEqual([
    ["backtest", "operator", undefined],
    ["hold_agent", undefined, "hold"],
  ]);
  expect(TOOLS.find(({ name }) => name === "hold_agent")!.late).toContain("may still be carried out");
});
