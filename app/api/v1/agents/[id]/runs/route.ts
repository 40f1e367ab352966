import { AGENT_RUNS } from "@/lib/contracts/agent-activity";
import { getAgent } from "@/lib/db/queries/agents";
import { listRuns } from "@/lib/db/queries/runs";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENT_RUNS, {
  GET: async ({ db, params }) => {
    const { id } = await getAgent(db, params.id);
    return { runs: await listRuns(db, id) };
  },
});
