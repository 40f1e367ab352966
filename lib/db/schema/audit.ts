import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { AUDIT_ACTORS } from "@/lib/core/base/audit-chain";

/**
 * What people, keys and Sentinel did, as a hash chain (`lib/core/base/audit-chain.ts`). Rows are written by `lib/db/audit.ts` in the
 * transaction of what they tell of, and are never changed; nothing prunes them. That `seq` is unique keeps the chain from forking.
 */
export const auditLog = sqliteTable(
  "audit_log",
  {
    seq: integer().primaryKey(),
    at: integer().notNull(),
    actorKind: text({ enum: AUDIT_ACTORS }).notNull(),
    actorId: text().notNull(),
    actorName: text().notNull(),
    action: text().notNull(),
    subjectKind: text().notNull(),
    subjectId: text().notNull(),
    details: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
    prev: text().notNull(),
    hash: text().notNull(),
  },
  (t) => [
    index("audit_log_at").on(t.at),
    index("audit_log_actor").on(t.actorId, t.seq),
    index("audit_log_action").on(t.action, t.seq),
    index("audit_log_subject").on(t.subjectId, t.seq),
  ],
);
