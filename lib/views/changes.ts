import type { z } from "zod";
import type { ChangesQuery, ChangeView } from "@/lib/contracts/changes";
import type { Db } from "@/lib/db/client";
import { listChanges } from "@/lib/db/queries/changes";

/** Where a page of changes ended: the moment of its last one, epoch ms, and its ID. Many may have happened in the same millisecond. */
export interface ChangesEnd {
  at: number;
  id: string;
}

/** A page of the changes that match, newest first, from behind the end of another; `end` is null on the last page. */
export async function pageOfChanges(
  db: Db,
  query: z.output<typeof ChangesQuery> & { after?: ChangesEnd | undefined },
): Promise<{ changes: ChangeView[]; end: ChangesEnd | null }> {
  const rows = await listChanges(db, { ...query, limit: query.limit + 1 });
  const changes = rows.slice(0, query.limit);
  const last = changes.at(-1);
  return { changes, end: last && rows.length > changes.length ? { at: last.at, id: last.id } : null };
}
