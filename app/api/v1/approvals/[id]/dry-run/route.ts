import { DRY_RUN } from "@/lib/contracts/approvals";
import { worldOf } from "@/lib/drills/worlds";
import { route } from "@/lib/http/route";
import { tryOperation } from "@/lib/response/services/dry-run";

export const { GET, POST, PUT, PATCH, DELETE } = route(DRY_RUN, {
  POST: async ({ db, drill, params, user, now }) => tryOperation(db, await worldOf(drill, now), params.id, user, now),
});
