import { Readable } from "node:stream";
import { AUDIT } from "@/lib/contracts/audit";
import { listAudit, recordAct } from "@/lib/db/queries/audit";
import { route } from "@/lib/http/route";
import { exportAudit } from "@/lib/views/audit-export";

export const { GET, POST, PUT, PATCH, DELETE } = route(AUDIT, {
  GET: async ({ db, query, user, now }) => {
    const { format, after, before, limit, ...filter } = query;
    if (format === "json") return { entries: await listAudit(db, filter, before, limit) };
    // Before its head is read: who takes the log away is in it.
    await recordAct(db, user, ["audit.export", "audit_log", "audit_log"], now, { after });
    return new Response(
      Readable.toWeb(Readable.from(exportAudit(db, after), { objectMode: false })) as ReadableStream,
      {
        headers: {
          "content-type": "application/jsonl",
          "content-disposition": 'attachment; filename="audit-log.jsonl"',
          "cache-control": "no-store",
        },
      },
    );
  },
});
