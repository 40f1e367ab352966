import { AGENT_SERIES } from "@/lib/contracts/agent-activity";
import { getAgent } from "@/lib/db/queries/agents";
import { loadSeries } from "@/lib/db/queries/series";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENT_SERIES, {
  GET: async ({ db, params, query, now }) => {
    const { id } = await getAgent(db, params.id);
    return loadSeries(db, id, query, now);
  },
});
