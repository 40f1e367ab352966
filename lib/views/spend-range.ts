import { sql } from "drizzle-orm";
import type { SpendDimension } from "@/lib/core/base/vocabulary";
import { NANO } from "@/lib/core/budgets/spend";
import { QUARTER_MS } from "@/lib/core/budgets/windows";
import type { Db } from "@/lib/db/client";
import { runSerially, yieldToEventLoop } from "@/lib/event-loop";

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

/** Rows that are summed without a break: some 40 ms of the local database, which answers while nobody else is answered. */
const ROWS_AT_ONCE = 40_000;
/** Quarters of an hour that are summed without a break at most: a day. */
const QUARTERS_AT_ONCE = 96;

/**
 * What was spent between two moments, epoch ms, in whole quarters of an hour; by type: an agent that is not known counts as `(unknown)`.
 * Summed in slices, between which others are answered, and for one caller after another. Throws the reason of `signal` once it is aborted.
 */
export function spentBetween(
  db: Db,
  { by, limit, signal, ...range }: { by: SpendBy; from: number; to: number; limit: number; signal: AbortSignal },
): Promise<SpentBetween> {
  const from = Math.floor(range.from / QUARTER_MS) * QUARTER_MS;
  const to = Math.ceil(range.to / QUARTER_MS) * QUARTER_MS;
  return runSerially("spend-range", async () => {
    const named = await sumsOf(db, by, from, to, signal);
    const total = by === "fleet" ? named : await sumsOf(db, "fleet", from, to, signal);
    const rows = [...named.values()].toSorted(highestFirst);
    const fleet = total.get("*") ?? { ...NOTHING, name: "*" };
    return { from, to, total: inUsd(fleet), rows: rows.slice(0, limit).map(inUsd), names: rows.length };
  });
}

const NOTHING = { usd: 0, unpriced: 0, tokens: 0, uncounted: 0, modelCalls: 0, toolCalls: 0 };

const inUsd = (row: SpentRow): SpentRow => ({ ...row, usd: row.usd / NANO });

const highestFirst = (a: SpentRow, b: SpentRow): number =>
  b.usd - a.usd || b.tokens - a.tokens || b.modelCalls - a.modelCalls || (a.name < b.name ? -1 : 1);

async function sumsOf(db: Db, by: SpendBy, from: number, to: number, signal: AbortSignal) {
  const sums = new Map<string, SpentRow>();
  let quarters = 1;
  for (let at = from; at < to;) {
    signal.throwIfAborted();
    await yieldToEventLoop();
    const until = Math.min(to, at + quarters * QUARTER_MS);
    const { names, count } = await slice(db, by, at, until);
    for (const name of names) add(sums, name);
    // As many as would hold what may be summed at once, if they are like the last ones.
    const each = Math.max(1, count) / ((until - at) / QUARTER_MS);
    quarters = Math.max(1, Math.min(QUARTERS_AT_ONCE, 2 * quarters, Math.floor(ROWS_AT_ONCE / each)));
    at = until;
  }
  return sums;
}

type Sum = [name: string, nanoUsd: number, unpriced: number, tokens: number, uncounted: number, model: number, tool: number]; // prettier-ignore

function add(sums: Map<string, SpentRow>, [name, nanoUsd, unpriced, tokens, uncounted, model, tool]: Sum): void {
  let row = sums.get(name);
  if (!row) sums.set(name, (row = { name, ...NOTHING }));
  // In whole nano-USD until all are summed, which stays exact.
  row.usd += nanoUsd;
  row.unpriced += unpriced;
  row.tokens += tokens;
  row.uncounted += uncounted;
  row.modelCalls += model;
  row.toolCalls += tool;
}

/** The sums of some quarters as one text: moving a column of each of ten thousand names takes longer than summing them. */
async function slice(db: Db, by: SpendBy, from: number, until: number): Promise<{ names: Sum[]; count: number }> {
  const name = by === "type" ? sql`coalesce(agents.type, '(unknown)')` : sql`spend.name`;
  const [row] = await db.all<{ names: string; count: number | null }>(sql`
    SELECT json_group_array(json_array(name, a, b, c, d, e, f)) AS names, sum(n) AS count FROM (
      SELECT ${name} AS name, sum(nano_usd) AS a, sum(unpriced) AS b, sum(tokens) AS c, sum(uncounted) AS d,
        sum(model_calls) AS e, sum(tool_calls) AS f, count(*) AS n
      FROM spend INDEXED BY spend_dimension ${by === "type" ? sql`LEFT JOIN agents ON agents.id = spend.name` : sql``}
      WHERE dimension = ${by === "type" ? "agent" : by} AND quarter >= ${from} AND quarter < ${until} GROUP BY 1)`);
  return { names: JSON.parse(row!.names) as Sum[], count: row!.count ?? 0 };
}
