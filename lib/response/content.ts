import { forgetKey } from "@/lib/auth/keys";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { countContent, deleteContent, listContent, storesContent } from "@/lib/db/queries/agent-content";
import { getAgent } from "@/lib/db/queries/agents";
import { findKey, type KeyRow, setKeyContent } from "@/lib/db/queries/keys";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "./actor";

/** Starts or stops storing what a key sends. Throws `not_found` for a key that does not live. */
export async function changeKeyContent(
  db: Db,
  keyId: string,
  content: boolean,
  by: Actor,
  now: number,
): Promise<KeyRow> {
  const before = await findKey(db, keyId);
  if (!before || before.revokedAt !== null)
    throw new SentinelError("not_found", { detail: "Key not found or revoked." });
  if (before.content === content) return before;
  await commit(db, {
    claims: [setKeyContent(db, keyId, content)],
    events: [
      {
        at: now,
        type: "key.content_changed",
        text: `${by.name} ${content ? "started" : "stopped"} storing prompts, tool arguments and outputs of the ingest key ${before.name}`,
        data: { by: by.id, key: keyId, content },
      },
    ],
  });
  forgetKey(keyId);
  return { ...before, content };
}

/** An agent's content. Throws `not_found`. */
export async function readContent(db: Db, agentId: string, asked: { runId?: string; before?: number }) {
  const { id } = await getAgent(db, agentId);
  const [stored, list] = await Promise.all([storesContent(db, id), listContent(db, id, asked)]);
  return { stored, ...list };
}

/** Deletes an agent's content, of one run or all of it; how much there was. Throws `not_found`. */
export async function removeContent(
  db: Db,
  agentId: string,
  runId: string | null,
  by: Actor,
  now: number,
): Promise<number> {
  const { id } = await getAgent(db, agentId);
  const rows = await countContent(db, id, runId);
  if (rows === 0) return 0;
  const what = `${rows} stored prompts, tool arguments and outputs of ${id}${runId === null ? "" : `, run ${runId}`}`;
  const won = await commit(db, {
    claims: [deleteContent(id, runId)],
    events: [
      {
        at: now,
        type: "content.deleted",
        agentId: id,
        text: `${by.name} deleted ${what}`,
        data: { by: by.id, run: runId, rows },
      },
    ],
  });
  return won ? won[0]!.rowsAffected : 0;
}
