import { AGENT } from "@/lib/contracts/agents";
import { findAgentDetail } from "@/lib/views/agent-detail";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { loopConfig } from "@/lib/config/agents";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENT, {
  GET: async ({ db, params, now }) => found("agent", await findAgentDetail(db, params.id, { ...loopConfig(), now })),
});
