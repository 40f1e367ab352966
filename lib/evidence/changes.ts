import { and, desc, gte, inArray, lte } from "drizzle-orm";
import type { BundleChange } from "@/lib/core/evidence/bundle";
import type { Db } from "@/lib/db/client";
import { changes } from "@/lib/db/schema";
import { couldNotLook, found, type Looked, messageOf, quoted } from "./looked";

export interface ChangesQuery {
  /** Epoch seconds, both included. */
  from: number;
  to: number;
  /** Ids of services and agents; left out, all: the cause may be further away than the map says. */
  subjects?: string[];
  limit?: number;
}

/** More changes than this within one incident's window are no list that anyone can weigh. */
const MAX_CHANGES = 500;

/** Changes of the log within a window, the oldest first; of too many the newest are kept. Summaries are untrusted text. */
export async function recentChanges(db: Db, query: ChangesQuery): Promise<Looked<BundleChange[]>> {
  const source = "change log";
  const limit = Math.min(query.limit ?? MAX_CHANGES, MAX_CHANGES);
  try {
    const rows = await db
      .select()
      .from(changes)
      .where(
        and(
          gte(changes.at, Math.ceil(query.from * 1_000)),
          lte(changes.at, Math.floor(query.to * 1_000)),
          query.subjects ? inArray(changes.subjectId, query.subjects) : undefined,
        ),
      )
      .orderBy(desc(changes.at), desc(changes.id))
      .limit(limit + 1);
    return found(source, rows.slice(0, limit).reverse().map(asEvidence), rows.length > limit);
  } catch (error) {
    return couldNotLook(source, `the database did not answer: ${quoted(messageOf(error))}`);
  }
}

function asEvidence(row: typeof changes.$inferSelect): BundleChange {
  const between = row.from && row.to ? `${row.from} → ${row.to}` : (row.to ?? (row.from ? `from ${row.from}` : ""));
  const parts = [between, row.note ?? "", `(${row.source}${row.declared ? "" : ", detected, not announced"})`];
  return {
    t: row.at / 1_000,
    node: row.subjectId,
    kind: row.kind,
    summary: parts.filter((part) => part !== "").join(" "),
  };
}
