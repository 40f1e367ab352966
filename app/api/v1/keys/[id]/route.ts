import { revokeKey } from "@/lib/auth/keys";
import { keyView } from "@/lib/auth/views";
import { KEY } from "@/lib/contracts/keys";
import { SentinelError } from "@/lib/errors";
import { changeKeyContent } from "@/lib/response/content";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(KEY, {
  PATCH: async ({ db, params, body, user, now }) =>
    keyView(await changeKeyContent(db, params.id, body.content, user, now)),
  DELETE: async ({ db, params, user, now }) => {
    if (!(await revokeKey(db, params.id, now, user))) {
      throw new SentinelError("not_found", { detail: "Key not found or already revoked." });
    }
  },
});
