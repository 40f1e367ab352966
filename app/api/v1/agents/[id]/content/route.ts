import { AGENT_CONTENT } from "@/lib/contracts/agent-content";
import { route } from "@/lib/http/route";
import { readContent, removeContent } from "@/lib/response/content";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENT_CONTENT, {
  GET: ({ db, params, query }) => readContent(db, params.id, { runId: query.run_id, before: query.before }),
  DELETE: async ({ db, params, query, user, now }) => ({
    deleted: await removeContent(db, params.id, query.run_id ?? null, user, now),
  }),
});
