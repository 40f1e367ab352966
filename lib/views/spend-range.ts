import { type SQL, sql } from "drizzle-orm";
import type { SpendDimension } from "@/lib/core/base/vocabulary";
import { NANO } from "@/lib/core/budgets/spend";
import { QUARTER_MS } from "@/lib/core/budgets/windows";
import type { Db } from "@/lib/db/client";

/** What spending is told apart by: as it is kept, or by the type of the agent. */
export type SpendBy = SpendDimension | "type";

export interface SpentRow {
  name: string;
  usd: number;
  /** Model calls of unknown cost, which are not in `usd`. */
  unpriced: number;
  tokens: number;
  /** Model calls of unknown token counts. */
  uncounted: number;
  modelCalls: number;
  toolCalls: number;
}

export interface SpentBetween {
  /** Whole quarters of an hour that hold the range, epoch ms. */
  from: number;
  to: number;
  total: SpentRow;
  /** Highest spenders first. */
  rows: SpentRow[];
  /** How many names spent anything, those beyond `rows` too. */
  names: number;
}

const SUMS = sql`sum(nano_usd) AS nanoUsd, sum(unpriced) AS unpriced, sum(tokens) AS tokens, sum(uncounted) AS uncounted,
  sum(model_calls) AS modelCalls, sum(tool_calls) AS toolCalls`;

/** What was spent between two moments, epoch ms, in whole quarters of an hour; by type: an agent that is not known counts as `(unknown)`. */
export async function spentBetween(
  db: Db,
  { by, limit, ...range }: { by: SpendBy; from: number; to: number; limit: number },
): Promise<SpentBetween> {
  const from = Math.floor(range.from / QUARTER_MS) * QUARTER_MS;
  const to = Math.ceil(range.to / QUARTER_MS) * QUARTER_MS;
  const rows = await db.all<Sums & { names: number }>(sql`
    SELECT name, nanoUsd, unpriced, tokens, uncounted, modelCalls, toolCalls, count(*) OVER () AS names
    FROM (${namesOf(by, from, to)}) ORDER BY nanoUsd DESC, tokens DESC, modelCalls DESC, name LIMIT ${limit}`);
  const [total] = await db.all<Sums>(sql`
    SELECT '*' AS name, ${SUMS} FROM spend WHERE dimension = 'fleet' AND quarter >= ${from} AND quarter < ${to}`);
  return { from, to, total: spentRow(total!), rows: rows.map(spentRow), names: rows[0]?.names ?? 0 };
}

interface Sums {
  name: string;
  nanoUsd: number | null;
  unpriced: number | null;
  tokens: number | null;
  uncounted: number | null;
  modelCalls: number | null;
  toolCalls: number | null;
}

/** Few names have few rows for all of time; agents are many, so that only the range is read of them. */
function namesOf(by: SpendBy, from: number, to: number): SQL {
  const within = sql`quarter >= ${from} AND quarter < ${to}`;
  if (by === "type")
    return sql`SELECT coalesce(agents.type, '(unknown)') AS name, ${SUMS} FROM spend INDEXED BY spend_quarter
      LEFT JOIN agents ON agents.id = spend.name WHERE spend.dimension = 'agent' AND ${within} GROUP BY 1`;
  if (by === "agent")
    return sql`SELECT name, ${SUMS} FROM spend INDEXED BY spend_quarter WHERE dimension = 'agent' AND ${within} GROUP BY name`;
  return sql`SELECT name, ${SUMS} FROM spend WHERE dimension = ${by} AND ${within} GROUP BY name`;
}

const spentRow = (row: Sums): SpentRow => ({
  name: row.name,
  usd: (row.nanoUsd ?? 0) / NANO,
  unpriced: row.unpriced ?? 0,
  tokens: row.tokens ?? 0,
  uncounted: row.uncounted ?? 0,
  modelCalls: row.modelCalls ?? 0,
  toolCalls: row.toolCalls ?? 0,
});
