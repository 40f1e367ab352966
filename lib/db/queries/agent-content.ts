import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ContentAnswer } from "@/lib/contracts/agent-content";
import type { ContentKind } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "../client";
import { agentContent } from "../schema";

export interface NewContent {
  agentId: string;
  runId: string | null;
  record: string;
  kind: ContentKind;
  name: string | null;
  at: number;
  text: string;
  cut: boolean;
}

/**
 * Whether content of a key (`c`) may stand beside an agent: the agent belongs to a key of the same name, or the key is bound to it.
 * An agent that nobody has introduced yet is the first one's.
 */
const theirs = (agent: string, key: string) =>
  `NOT EXISTS (SELECT 1 FROM agents a JOIN ingest_keys o ON o.id = a.key_id AND o.revoked_at IS NULL JOIN ingest_keys k ON k.id = ${key}
     WHERE a.id = ${agent} AND o.name <> k.name AND k.agent_id IS NULL AND k.name_prefix IS NULL)`;

/** Keeps content that was redacted; what is kept already, and what would stand beside another key's agent, is left out. */
export const addContent = (keyId: string, list: readonly NewContent[], now: number): Statement => ({
  sql: `INSERT INTO agent_content (key_id, agent_id, run_id, record, kind, name, at, received_at, text, cut)
        SELECT ?1, e.value->>0, e.value->>1, e.value->>2, e.value->>3, e.value->>4, e.value->>5, ?3, e.value->>6, e.value->>7
        FROM json_each(?2) e WHERE ${theirs("e.value->>0", "?1")} ON CONFLICT DO NOTHING`,
  args: [
    keyId,
    JSON.stringify(list.map((c) => [c.agentId, c.runId, c.record, c.kind, c.name, c.at, c.text, Number(c.cut)])),
    now,
  ],
});

/** What one answer holds: texts of thousands of characters. */
const SHOWN = 50;

/** An agent's newest content, before `before`. */
export async function listContent(
  db: Db,
  agentId: string,
  { runId, before }: { runId?: string; before?: number },
): Promise<Pick<ContentAnswer, "items" | "more">> {
  const rows = await db
    .select()
    .from(agentContent)
    .where(
      and(
        eq(agentContent.agentId, agentId),
        runId === undefined ? undefined : eq(agentContent.runId, runId),
        before === undefined ? undefined : lt(agentContent.seq, before),
        // An agent may have been introduced by another key since.
        sql.raw(theirs("agent_content.agent_id", "agent_content.key_id")),
      ),
    )
    .orderBy(desc(agentContent.seq))
    .limit(SHOWN + 1);
  return {
    items: rows.slice(0, SHOWN).map(({ seq, runId: run, kind, name, at, text, cut }) => ({
      seq,
      run_id: run,
      kind,
      name,
      at,
      text,
      cut,
    })),
    more: rows.length > SHOWN,
  };
}

export const countContent = (db: Db, agentId: string, runId: string | null): Promise<number> =>
  db.$count(
    agentContent,
    and(eq(agentContent.agentId, agentId), runId === null ? undefined : eq(agentContent.runId, runId)),
  );

/** Deletes an agent's content, or that of one of its runs. */
export const deleteContent = (agentId: string, runId: string | null): Statement => ({
  sql: "DELETE FROM agent_content WHERE agent_id = ?1 AND (?2 IS NULL OR run_id = ?2)",
  args: [agentId, runId],
});

/** Whether the key that introduced an agent stores content. */
export async function storesContent(db: Db, agentId: string): Promise<boolean> {
  const [row] = await db.all<{ content: number }>(
    sql`SELECT max(k.content) AS content FROM agents a JOIN ingest_keys o ON o.id = a.key_id
        JOIN ingest_keys k ON k.name = o.name AND k.revoked_at IS NULL WHERE a.id = ${agentId}`,
  );
  return row?.content === 1;
}
