import { z } from "zod";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

/** Bytes of one message: a call takes a few hundred, a backtest of many types some thousand. */
const MCP_BODY_BYTES = 32_000;

/** One JSON-RPC message from a client. Lists of messages (batches) are not taken: no current revision of MCP has them. */
export const McpMessage = z
  .looseObject({
    jsonrpc: z.literal("2.0"),
    id: z
      .union([z.string().max(200), z.number()])
      .optional()
      .describe("left out: a notification, which is not answered"),
    method: z.string().min(1).max(200),
    params: z.looseObject({}).optional(),
  })
  .meta({ id: "McpMessage" });
export type McpMessage = z.infer<typeof McpMessage>;

export const McpAnswer = z.looseObject({}).meta({
  id: "McpAnswer",
  description: "A JSON-RPC response; as an event stream for clients of revisions before 2026-07-28",
});

export const MCP = resource(PATHS.MCP, {
  POST: {
    auth: "apiToken",
    summary:
      "Model Context Protocol (Streamable HTTP, stateless): tools that read incidents, agents, spending and changes, and one that puts an agent on hold. Approvals cannot be decided here",
    body: McpMessage,
    maxBytes: MCP_BODY_BYTES,
    response: McpAnswer,
  },
});
