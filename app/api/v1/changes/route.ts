import { CHANGES } from "@/lib/contracts/changes";
import { listChanges } from "@/lib/db/queries/changes-view";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(CHANGES, {
  GET: async ({ db, query }) => ({ changes: await listChanges(db, query) }),
});
