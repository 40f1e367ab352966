import { APPROVALS } from "@/lib/contracts/approvals";
import { listApprovals } from "@/lib/views/approvals";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(APPROVALS, {
  GET: ({ db, query }) => listApprovals(db, query),
});
