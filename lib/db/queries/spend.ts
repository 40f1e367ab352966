import { sql } from "drizzle-orm";
import type { Spend } from "@/lib/core/budgets/spend";
import type { BudgetScope, BudgetWindow, SpendDimension } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "../client";
import type { spendWindows } from "../schema";

/** What says which row of `spend_windows` it is, in the order of its key. */
export interface WindowKey {
  scope: BudgetScope | SpendDimension;
  window: BudgetWindow;
  /** "" of runs and trees. */
  zone: string;
  start: number;
  subject: string;
}
export type WindowRow = typeof spendWindows.$inferSelect;

/** What is added to a window. */
export interface WindowDelta extends WindowKey {
  end: number;
  spend: Spend;
  /** Of a tree: its deepest level, and runs that were not known before. */
  depth: number;
  descendants: number;
  /** Of a run: agent and run; of a tree: key and root. */
  parts: [string | null, string] | null;
}

const amountsOf = (s: Spend) => [s.nanoUsd, s.unpriced, s.tokens, s.uncounted, s.modelCalls, s.toolCalls];
const AMOUNTS = ["nano_usd", "unpriced", "tokens", "uncounted", "model_calls", "tool_calls"];
const KEY = "scope, window_kind, zone, start_at, subject";
const SAME_KEY = `w.scope = k.value->>0 AND w.window_kind = k.value->>1 AND w.zone = k.value->>2 AND w.start_at = k.value->>3 AND w.subject = k.value->>4`;
const KEY_VALUES = [0, 1, 2, 3, 4].map((i) => `k.value->>${i}`).join(", ");

const keyOf = (w: WindowKey) => [w.scope, w.window, w.zone, w.start, w.subject];

/**
 * Adds to what was spent, for the commit that says that these events are counted: with its cursor it is written once or not at all.
 * `ledger`: rows of [dimension, name, quarter] with their amounts. A window that is new is first filled with what was spent in it
 * before, so that a budget set today knows of this morning; `isThere`: those that need not be looked for. The order matters: before runs are added to, and each list after the other.
 */
export function addToSpend(
  ledger: readonly [dimension: SpendDimension, name: string, quarter: number, spend: Spend][],
  windows: readonly WindowDelta[],
  now: number,
  isThere: (window: WindowDelta) => boolean,
): Statement[] {
  const timed = windows.filter((window) => window.parts === null && !isThere(window));
  const runs = windows.filter(({ scope }) => scope === "run");
  const trees = windows.filter(({ scope }) => scope === "tree");
  const rows = windows.map((w) => [...keyOf(w), ...amountsOf(w.spend), w.depth, w.descendants]);
  return [
    ...(timed.length > 0 ? [{ sql: FILL_TIMED, args: [JSON.stringify(timed.map((w) => [...keyOf(w), w.end])), now] }] : []), // prettier-ignore
    ...(runs.length > 0 ? [{ sql: FILL_RUNS, args: [JSON.stringify(runs.map((w) => [...keyOf(w), ...w.parts!])), now] }] : []), // prettier-ignore
    ...(trees.length > 0 ? [{ sql: FILL_TREES, args: [JSON.stringify(trees.map((w) => [...keyOf(w), ...w.parts!])), now] }] : []), // prettier-ignore
    { sql: ADD_TO_LEDGER, args: [JSON.stringify(ledger.map(([d, name, quarter, s]) => [d, name, quarter, ...amountsOf(s)]))] }, // prettier-ignore
    { sql: ADD_TO_WINDOWS, args: [JSON.stringify(rows), now] },
  ];
}

const MISSING = `NOT EXISTS (SELECT 1 FROM spend_windows w WHERE ${SAME_KEY})`;

const FILL_TIMED = `
  INSERT INTO spend_windows (${KEY}, ${AMOUNTS.join(", ")}, updated_at)
  SELECT ${KEY_VALUES}, ${AMOUNTS.map((name) => `coalesce(sum(s.${name}), 0)`).join(", ")}, ?2
  FROM json_each(?1) k LEFT JOIN spend s ON s.dimension = k.value->>0 AND s.name = k.value->>4
    AND s.quarter >= k.value->>3 AND s.quarter < k.value->>5
  WHERE ${MISSING} GROUP BY k.key`;

const OF_RUNS = `coalesce(sum(round(coalesce(r.cost, 0) * 1e9)), 0), coalesce(sum(r.tokens), 0), coalesce(sum(r.model_calls), 0), coalesce(sum(r.tool_calls), 0)`;

const FILL_RUNS = `
  INSERT INTO spend_windows (${KEY}, nano_usd, tokens, model_calls, tool_calls, updated_at)
  SELECT ${KEY_VALUES}, ${OF_RUNS}, ?2
  FROM json_each(?1) k LEFT JOIN runs r ON r.agent_id = k.value->>5 AND r.run_id = k.value->>6
  WHERE ${MISSING} GROUP BY k.key`;

const FILL_TREES = `
  INSERT INTO spend_windows (${KEY}, nano_usd, tokens, model_calls, tool_calls, depth, descendants, updated_at)
  SELECT ${KEY_VALUES}, ${OF_RUNS}, coalesce(max(r.depth), 0), coalesce(sum(r.run_id <> r.root_run_id), 0), ?2
  FROM json_each(?1) k LEFT JOIN runs r ON r.root_run_id = k.value->>6
    AND EXISTS (SELECT 1 FROM agents a WHERE a.id = r.agent_id AND a.key_id IS k.value->>5)
  WHERE ${MISSING} GROUP BY k.key`;

const ADD_TO_LEDGER = `
  INSERT INTO spend (dimension, name, quarter, ${AMOUNTS.join(", ")})
  SELECT e.value->>0, e.value->>1, e.value->>2, ${AMOUNTS.map((_, i) => `e.value->>${i + 3}`).join(", ")} FROM json_each(?) e WHERE true
  ON CONFLICT (dimension, name, quarter) DO UPDATE SET ${AMOUNTS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`;

const ADD_TO_WINDOWS = `
  UPDATE spend_windows AS w SET ${AMOUNTS.map((name, i) => `${name} = ${name} + (k.value->>${i + 5})`).join(", ")},
    depth = max(depth, k.value->>11), descendants = descendants + (k.value->>12), updated_at = ?2
  FROM json_each(?1) k WHERE ${SAME_KEY}`;

/** These windows, as far as there are any. */
export async function listWindows(db: Db, keys: readonly WindowKey[]): Promise<WindowRow[]> {
  if (keys.length === 0) return [];
  const { rows } = await db.$client.execute({
    sql: `SELECT w.* FROM json_each(?) k JOIN spend_windows w ON ${SAME_KEY}`,
    args: [JSON.stringify(keys.map(keyOf))],
  });
  return rows.map((row) => ({
    scope: row["scope"] as WindowRow["scope"],
    window: row["window_kind"] as WindowRow["window"],
    zone: row["zone"] as string,
    start: Number(row["start_at"]),
    subject: row["subject"] as string,
    nanoUsd: Number(row["nano_usd"]),
    unpriced: Number(row["unpriced"]),
    tokens: Number(row["tokens"]),
    uncounted: Number(row["uncounted"]),
    modelCalls: Number(row["model_calls"]),
    toolCalls: Number(row["tool_calls"]),
    depth: Number(row["depth"]),
    descendants: Number(row["descendants"]),
    updatedAt: Number(row["updated_at"]),
  }));
}

/** A run as it stands in the table, for those that come after it. */
export interface KnownRun {
  agentId: string;
  runId: string;
  root: string | null;
  depth: number | null;
}

/** Those of these runs, and of those with these roots, that are known. Pairs of [agent, run] and of [root, run]. */
export async function listKnownRuns(
  db: Db,
  runs: readonly [agentId: string, runId: string][],
  parents: readonly [root: string, runId: string][],
): Promise<KnownRun[]> {
  return db.all<KnownRun>(sql`
    SELECT r.agent_id AS agentId, r.run_id AS runId, r.root_run_id AS root, r.depth AS depth
    FROM json_each(${JSON.stringify(runs)}) k JOIN runs r ON r.agent_id = k.value->>0 AND r.run_id = k.value->>1
    UNION SELECT r.agent_id, r.run_id, r.root_run_id, r.depth
    FROM json_each(${JSON.stringify(parents)}) k JOIN runs r ON r.root_run_id = k.value->>0 AND r.run_id = k.value->>1`);
}
