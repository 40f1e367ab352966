import type { IngestKey } from "@/lib/auth/keys";
import { type ContentKind } from "@/lib/core/base/vocabulary";
import { storedContent } from "@/lib/core/evidence/content";
import { type Db, write } from "@/lib/db/client";
import { addContent, type NewContent } from "@/lib/db/queries/agent-content";
import { yieldToEventLoop } from "@/lib/event-loop";
import type { Told } from "./told";

/** A record with content, and whose it is. */
export interface WithContent {
  told: Told;
  agentId: string;
  runId: string | null;
}

/** Rows of one insert: texts of up to 8,000 characters each. */
const ROWS = 200;

/** Keeps the content of records that were taken: redacted and cut, with breaks in which other requests are answered. */
export async function keepContent(db: Db, key: IngestKey, list: readonly WithContent[], now: number): Promise<void> {
  if (key.content !== true) return;
  const rows: NewContent[] = [];
  for (const { told, agentId, runId } of list)
    for (const [kind, raw] of Object.entries(told.content ?? {})) {
      await yieldToEventLoop();
      const name = told.event.tool ?? told.event.model ?? told.event.response_model ?? null;
      const at = told.at > 0 ? told.at : now;
      rows.push({ agentId, runId, record: told.id, kind: kind as ContentKind, name, at, ...storedContent(raw) });
    }
  for (let from = 0; from < rows.length; from += ROWS)
    await write(db, [addContent(key.id, rows.slice(from, from + ROWS), now)], { grouped: true });
}
