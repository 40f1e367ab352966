import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ASSISTANTS, mcpGuideFor } from "./mcp-guides";

test.each(ASSISTANTS)("docs/mcp.md says of %s what the console says", (assistant) => {
  const { name, text } = mcpGuideFor(assistant, "https://sentinel.example");
  const docs = readFileSync("docs/mcp.md", "utf8");
  expect(docs).toContain(`**${name}**`);
  expect(docs).toContain(`\n${text}\n`);
});
