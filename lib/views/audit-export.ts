import type { Db } from "@/lib/db/client";
import { findAuditHead, listAuditAfter } from "@/lib/db/queries/audit";

/** Entries that are read at once: some 200 KB. */
const PAGE = 500;

/**
 * The audit log from behind `after` to the head that it has now, as JSON lines, a page of lines at a time; the last line is that
 * head, so that a file which was cut off shows it.
 */
export async function* exportAudit(db: Db, after: number): AsyncGenerator<string, void, undefined> {
  const head = await findAuditHead(db);
  for (let last = after; last < head.seq;) {
    const entries = await listAuditAfter(db, last, head.seq, PAGE);
    if (entries.length === 0) break;
    yield entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    last = entries.at(-1)!.seq;
  }
  yield `${JSON.stringify({ head })}\n`;
}
