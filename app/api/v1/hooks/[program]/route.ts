import { HOOK, TEAM_HEADER, USER_HEADER } from "@/lib/contracts/hooks";
import { ownOrigin } from "@/lib/http/origin";
import { route } from "@/lib/http/route";
import { askHook } from "@/lib/ingest/hooks/ask";

export const { GET, POST, PUT, PATCH, DELETE } = route(HOOK, {
  POST: ({ db, params, body, key, request, now }) =>
    askHook(
      db,
      {
        program: params.program,
        body,
        key,
        user: request.headers.get(USER_HEADER),
        team: request.headers.get(TEAM_HEADER),
        base: ownOrigin(request.headers),
      },
      now,
    ),
});
