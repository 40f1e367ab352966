import { AUDIT_HEAD } from "@/lib/contracts/audit";
import { findAuditHead, listAuditActors } from "@/lib/db/queries/audit";
import { route } from "@/lib/http/route";
import { auditCheck } from "@/lib/runtime/audit-check";

export const { GET, POST, PUT, PATCH, DELETE } = route(AUDIT_HEAD, {
  GET: async ({ db, now }) => {
    const [head, actors] = await Promise.all([findAuditHead(db), listAuditActors(db)]);
    return { head: head.seq === 0 ? null : head, check: auditCheck(db, now), actors };
  },
});
