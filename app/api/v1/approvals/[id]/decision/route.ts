import { DECISION } from "@/lib/contracts/approvals";
import { route } from "@/lib/http/route";
import { decide } from "@/lib/response/decide";

export const { GET, POST, PUT, PATCH, DELETE } = route(DECISION, {
  POST: ({ db, params, body, user, now }) =>
    decide(db, params.id, { ...body, evidenceOpened: body.evidence_opened }, user, now),
});
