import { expect, test } from "vitest";
import { AgentEvent } from "./event";
import { reasonOf } from "./reason";

test.each<[unknown, string]>([
  [{}, "agent_id is missing"],
  [{ agent_id: 5 }, "agent_id must be text, not a number"],
  [{ agent_id: "" }, "agent_id must not be empty"],
  [{ agent_id: "a".repeat(201) }, "agent_id must have at most 200 characters"],
  [{ agent_id: "a\n" }, "agent_id must not contain control characters or lone surrogates"],
  [{ agent_id: ".." }, "agent_id must not be . or .., which cannot be part of a URL"],
  [{ agent_id: "a", agent_type: "." }, "agent_type must not be . or .., which cannot be part of a URL"],
  [{ agent_id: "a", cost: -1 }, "cost must be at least 0"],
  [{ agent_id: "a", latency_ms: 1e12 }, "latency_ms must be at most 130000000"],
  [{ agent_id: "a", sequence: 1.5 }, "sequence must be a whole number"],
  [{ agent_id: "a", success: "yes" }, "success must be true or false, not text"],
  [{ agent_id: "a", side_effect: "x" }, "side_effect must be one of read, write, external"],
  [{ agent_id: "a", mcp_servers: [""] }, "mcp_servers[0] must not be empty"],
  [{ agent_id: "a", model: 5 }, "model must be text, not a number"],
  [[1], "the value must be an object, not a list"],
  [null, "the value must be an object, not null"],
])("%j: %s", (value, reason) => {
  const result = AgentEvent.safeParse(value);
  expect(result.success ? null : reasonOf(result.error.issues[0]!)).toBe(reason);
});
