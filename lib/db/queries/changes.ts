import { and, asc, desc, eq, gte, inArray, lt, ne, or, sql } from "drizzle-orm";
import type { z } from "zod";
import type { ChangesQuery, ChangeView } from "@/lib/contracts/changes";
import type { Db } from "@/lib/db/client";
import { changes } from "@/lib/db/schema";
import type { Change } from "./sweep";

/** The newest changes, declared and seen, of one subject or of all. */
export async function listChanges(db: Db, query: z.output<typeof ChangesQuery>): Promise<ChangeView[]> {
  const rows = await db
    .select()
    .from(changes)
    .where(
      and(
        query.subject ? eq(changes.subjectId, query.subject) : undefined,
        query.subject_kind ? eq(changes.subjectKind, query.subject_kind) : undefined,
        query.kind ? eq(changes.kind, query.kind) : undefined,
        query.declared === undefined ? undefined : eq(changes.declared, query.declared === "true"),
        query.before === undefined ? undefined : lt(changes.at, query.before),
        query.q === undefined ? undefined : says(query.q),
      ),
    )
    .orderBy(desc(changes.at), desc(changes.id))
    .limit(query.limit);
  return rows.map(changeView);
}

/** What was announced of these agents from one moment to before another, epoch ms, the first one first. */
export const listDeclared = (db: Db, agents: readonly string[], from: number, to: number) =>
  db
    .select()
    .from(changes)
    .where(
      and(
        eq(changes.subjectKind, "agent"),
        inArray(changes.subjectId, [...agents]),
        eq(changes.declared, true),
        ne(changes.kind, "healing"),
        gte(changes.at, from),
        lt(changes.at, to),
      ),
    )
    .orderBy(asc(changes.at), asc(changes.id));

/**
 * The newest announced change of a subject: of those that say the same about the same moment, or of those announced since a moment,
 * epoch ms.
 */
export async function findAnnounced(
  db: Db,
  subject: { kind: Change["subjectKind"]; id: string },
  which: { at: number; words: Pick<Change, "kind" | "from" | "to" | "note"> } | { since: number },
): Promise<Change | null> {
  const matching =
    "since" in which
      ? [gte(changes.createdAt, which.since)]
      : [
          eq(changes.at, which.at),
          ...(["kind", "from", "to", "note"] as const).map((field) => sql`${changes[field]} IS ${which.words[field]}`),
        ];
  const [newest] = await db
    .select()
    .from(changes)
    .where(
      and(
        eq(changes.subjectKind, subject.kind),
        eq(changes.subjectId, subject.id),
        eq(changes.declared, true),
        ...matching,
      ),
    )
    .orderBy(desc(changes.createdAt), desc(sql`rowid`))
    .limit(1);
  return newest ?? null;
}

/** Whether a change says these words anywhere, whatever their case. `instr` takes them as they are: no wildcard in them counts. */
const says = (words: string) =>
  or(
    ...[changes.subjectId, changes.from, changes.to, changes.note, changes.source].map(
      (column) => sql`instr(lower(${column}), lower(${words})) > 0`,
    ),
  );

export function changeView(row: typeof changes.$inferSelect): ChangeView {
  return {
    id: row.id,
    subject_kind: row.subjectKind,
    subject_id: row.subjectId,
    kind: row.kind,
    at: row.at,
    declared: row.declared,
    from: row.from,
    to: row.to,
    note: row.note,
    source: row.source,
  };
}
