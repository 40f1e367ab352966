import { revokeKey } from "@/lib/auth/keys";
import { KEY } from "@/lib/contracts/keys";
import { SentinelError } from "@/lib/errors";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(KEY, {
  DELETE: async ({ db, params, now }) => {
    if (!(await revokeKey(db, params.id, now))) {
      throw new SentinelError("not_found", { detail: "Key not found or already revoked." });
    }
  },
});
