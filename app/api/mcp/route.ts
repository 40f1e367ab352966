import { MCP } from "@/lib/contracts/mcp";
import { ownOrigin } from "@/lib/http/origin";
import { route } from "@/lib/http/route";
import { answerMcp } from "@/lib/mcp/answer";

export const { GET, POST, PUT, PATCH, DELETE } = route(MCP, {
  POST: ({ request, body, ...asker }) =>
    answerMcp(request, body, { ...asker, origin: ownOrigin(request.headers), signal: request.signal }),
});
