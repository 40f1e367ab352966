import type { Client } from "@libsql/client";
import { LookAlikes } from "@/lib/core/base/look-alikes";
import type { Db } from "../client";

/** Where names of each kind are kept, and in which column. Names of two kinds are never taken for one another. */
const NAMES = { agents: "id", services: "id", agent_types: "type" } as const;
type Kind = keyof typeof NAMES;

interface Known {
  names: LookAlikes;
  /** The last row that was read. */
  upTo: number;
}

/** One index a client for the whole process: one Next process holds several copies of this module. */
const indexes = (): WeakMap<Client, Partial<Record<Kind, Known>>> => {
  const global = globalThis as unknown as Record<symbol, WeakMap<Client, Partial<Record<Kind, Known>>>>;
  return (global[Symbol.for("sentinel.look-alikes")] ??= new WeakMap());
};

function indexOf(client: Client, kind: Kind): Known {
  const index = indexes().get(client) ?? {};
  indexes().set(client, index);
  return (index[kind] ??= { names: new LookAlikes(), upTo: 0 });
}

/**
 * Tells for a name of this kind which other one looks like it, the first that came; null if none does. Reads only names that
 * came since it was last asked, by the order of their rows: these tables lose no rows, and keep their order.
 */
export async function lookAlikes(db: Db, kind: Kind): Promise<(name: string) => string | null> {
  const index = indexOf(db.$client, kind);
  const { rows } = await db.$client.execute({
    sql: `SELECT rowid, ${NAMES[kind]} AS name FROM ${kind} WHERE rowid > ? ORDER BY rowid`,
    args: [index.upTo],
  });
  for (const { rowid, name } of rows) {
    // Another reader may have been faster.
    if (Number(rowid) <= index.upTo) continue;
    index.names.add(name as string);
    index.upTo = Number(rowid);
  }
  return (name) => index.names.of(name);
}
