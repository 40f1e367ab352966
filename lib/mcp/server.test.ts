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

test("only hold_agent changes anything, and none decides", () => {
  expect(TOOLS.filter(({ scope }) => scope !== undefined).map(({ name, scope }) => [name, scope])).toEqual([
    ["hold_agent", "hold"],
  ]);
  expect(TOOLS.map(({ name }) => name).filter((name) => /approv|reject|decide|release|settings/.test(name))).toEqual(
    [],
  );
});
