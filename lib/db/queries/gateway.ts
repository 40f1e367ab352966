import { eq } from "drizzle-orm";
import type { Db, Statement } from "../client";
import { agents } from "../schema";

/** What the gateway asks of an agent besides its directive; null: nobody told of it yet. */
export async function findGatewayAgent(
  db: Db,
  id: string,
): Promise<{ type: string; labels: Readonly<Record<string, string>> } | null> {
  const [row] = await db.select({ type: agents.type, labels: agents.labels }).from(agents).where(eq(agents.id, id));
  return row ?? null;
}

/** Notes that an agent can be held: all of its requests to a model pass the gateway. */
export const noteEnforceable = (id: string): Statement => ({
  sql: `UPDATE agents SET enforcement = 1 WHERE id = ?1 AND coalesce(enforcement, 0) = 0`,
  args: [id],
});
