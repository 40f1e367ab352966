import { AGENTS } from "@/lib/contracts/agents";
import { listAgentCards } from "@/lib/views/agents";
import { route } from "@/lib/http/route";
import { loopConfig } from "@/lib/config/agents";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENTS, {
  GET: ({ db, query, now }) => listAgentCards(db, query, { ...loopConfig(), now }),
});
