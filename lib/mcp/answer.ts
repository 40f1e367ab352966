import { createMcpHandler } from "@modelcontextprotocol/server";
import type { McpMessage } from "@/lib/contracts/mcp";
import { log } from "@/lib/log";
import { serverFor } from "./server";
import type { Asker } from "./tool";

/**
 * Answers one message of a client of either generation: 2026-07-28 natively, and of earlier revisions without sessions. Nothing is
 * kept between requests, so that a revoked token ends with its next request, and any process answers.
 */
export async function answerMcp(request: Request, message: McpMessage, asker: Asker): Promise<Response> {
  const handler = createMcpHandler(() => serverFor(asker), {
    // Nothing here announces changes, and an idle stream would only hold a connection.
    maxSubscriptions: 0,
    onerror: (err) => log().debug({ err, requestId: asker.requestId }, "MCP request refused"),
  });
  const answer = await handler.fetch(request, { parsedBody: message });
  answer.headers.set("cache-control", "no-store");
  return answer;
}
