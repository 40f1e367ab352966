import { may } from "@/lib/auth/keys";
import { AGENT_DIRECTIVE } from "@/lib/contracts/agents";
import { SentinelError } from "@/lib/errors";
import { route } from "@/lib/http/route";
import { pollDirective } from "@/lib/loop/directive-poll";

export const { GET, POST, PUT, PATCH, DELETE } = route(AGENT_DIRECTIVE, {
  GET: ({ db, params, query, key, request }) => {
    if (!may(key, params.id)) throw new SentinelError("forbidden", { detail: "This key may not speak for this agent" });
    return pollDirective(db, params.id, { version: query.version, waitS: query.wait, signal: request.signal });
  },
});
