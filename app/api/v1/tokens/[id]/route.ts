import { TOKEN } from "@/lib/contracts/tokens";
import { setApiTokenRevoked } from "@/lib/db/queries/api-tokens";
import { SentinelError } from "@/lib/errors";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(TOKEN, {
  DELETE: async ({ db, params, user, now }) => {
    if (!(await setApiTokenRevoked(db, params.id, now, user))) {
      throw new SentinelError("not_found", { detail: "Token not found or already revoked." });
    }
  },
});
