import { and, asc, desc, eq, getTableColumns, gte, inArray, lt, ne, or, sql } from "drizzle-orm";
import type { z } from "zod";
import type { ChangesQuery, ChangeView } from "@/lib/contracts/changes";
import type { Db } from "@/lib/db/client";
import { changeDiffs, changes } from "@/lib/db/schema";
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

/** What an announcement says, and who said it. */
export type Announced = Pick<Change, "kind" | "from" | "to" | "note" | "source"> & {
  diff: { files: readonly string[]; diff?: string | undefined } | null;
};

/**
 * The newest announced change of a subject, where it says `said`: of those that are about the moment `at`, or of those announced since a
 * moment, epoch ms. About a moment others may be announced as well; since a moment the newest alone counts.
 */
export async function findAnnounced(
  db: Db,
  subject: { kind: Change["subjectKind"]; id: string },
  { diff, ...said }: Announced,
  when: { at: number } | { since: number },
): Promise<Change | null> {
  const same = and(
    ...(["kind", "from", "to", "note", "source"] as const).map((field) => sql`${changes[field]} IS ${said[field]}`),
    sql`${changeDiffs.files} IS ${diff && JSON.stringify(diff.files)}`,
    sql`${changeDiffs.diff} IS ${diff?.diff ?? null}`,
  )!;
  const [newest] = await db
    .select({ change: getTableColumns(changes), same: sql<number>`${same}` })
    .from(changes)
    .leftJoin(changeDiffs, eq(changeDiffs.changeId, changes.id))
    .where(
      and(
        eq(changes.subjectKind, subject.kind),
        eq(changes.subjectId, subject.id),
        eq(changes.declared, true),
        "since" in when ? gte(changes.createdAt, when.since) : and(eq(changes.at, when.at), same),
      ),
    )
    .orderBy(desc(changes.createdAt), desc(sql`${changes}.rowid`))
    .limit(1);
  return newest?.same ? newest.change : null;
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
