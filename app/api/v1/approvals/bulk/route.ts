import { BULK_DECISION } from "@/lib/contracts/approvals";
import { route } from "@/lib/http/route";
import { decideAll } from "@/lib/response/decide";

export const { GET, POST, PUT, PATCH, DELETE } = route(BULK_DECISION, {
  POST: ({ db, body, user, now }) => decideAll(db, body, user, now),
});
