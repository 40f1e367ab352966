import { AGENT_COMMAND } from "@/lib/contracts/agent-commands";
import { findAgentDetail } from "@/lib/views/agent-detail";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { commandAgent } from "@/lib/response/agents/command";
import { loopConfig } from "@/lib/config/agents";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENT_COMMAND, {
  POST: async ({ db, params, body, user, now }) => {
    await commandAgent(db, params.id, params.command, body.reason, user, now, body);
    return found("agent", await findAgentDetail(db, params.id, { ...loopConfig(), now })).agent;
  },
});
