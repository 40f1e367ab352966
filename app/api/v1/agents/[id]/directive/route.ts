import { assertBound } from "@/lib/auth/keys";
import { AGENT_DIRECTIVE } from "@/lib/contracts/agents";
import { route } from "@/lib/http/route";
import { pollDirective } from "@/lib/ingest/directive-poll";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENT_DIRECTIVE, {
  GET: async ({ db, params, query, key, request }) => {
    await assertBound(db, key, "agent", params.id, "id");
    return pollDirective(db, params.id, {
      version: query.version,
      waitS: query.wait,
      signal: request.signal,
      keyId: key.id,
    });
  },
});
