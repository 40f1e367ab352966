import { AGENT_TYPE } from "@/lib/contracts/agent-types";
import { listAgentTypes } from "@/lib/views/agent-types";
import { route } from "@/lib/http/route";
import { changeType } from "@/lib/response/settings";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENT_TYPE, {
  PATCH: async ({ db, params, body, user, now }) => {
    await changeType(db, params.type, body, user, now);
    return { types: await listAgentTypes(db, now) };
  },
});
