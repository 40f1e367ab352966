import { DRY_RUN } from "@/lib/contracts/approvals";
import { route } from "@/lib/http/route";
import { tryOperation } from "@/lib/loop/service/dry-run";

export const { GET, POST, PUT, PATCH, DELETE } = route(DRY_RUN, {
  POST: ({ db, params }) => tryOperation(db, params.id),
});
