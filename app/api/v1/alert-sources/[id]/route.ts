import { ALERT_SOURCE } from "@/lib/contracts/alert-sources";
import { setSourceRevoked } from "@/lib/db/queries/alert-sources";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(ALERT_SOURCE, {
  DELETE: async ({ db, params, user, now }) => {
    found("live alert source", (await setSourceRevoked(db, params.id, now, user)) || null);
  },
});
