import { AGENT_TYPES } from "@/lib/contracts/agent-types";
import { listAgentTypes } from "@/lib/views/agent-types";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENT_TYPES, {
  GET: async ({ db, now }) => ({ types: await listAgentTypes(db, now) }),
});
