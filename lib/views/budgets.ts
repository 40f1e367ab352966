import { and, desc, eq, gte, inArray, sql } from "drizzle-orm";
import type { BudgetsAnswer, BudgetUse, BudgetView } from "@/lib/contracts/budgets";
import { type Budget, isOf, judgeBudget, usedOf } from "@/lib/core/budgets/budget";
import { forecast, lookbackMs } from "@/lib/core/budgets/forecast";
import { nothing } from "@/lib/core/budgets/spend";
import { budgetText, subjectText } from "@/lib/core/budgets/words";
import { QUARTER_MS, windowAt } from "@/lib/core/budgets/windows";
import type { Db } from "@/lib/db/client";
import { type BudgetRow, type BudgetState, listBudgets, listHeldStates, listStates } from "@/lib/db/queries/budgets";
import { spend, spendWindows, streamEvents } from "@/lib/db/schema";
import { shownForecast } from "./spend";

/** Subjects shown of each budget, beside those that are held. */
const SHOWN = 5;
const HISTORY = 50;
/** Runs that moved within this are shown, in ms. */
const RUNS_MS = 24 * 60 * 60_000;
/** Forecasts of one answer: each is a look into the table. */
const FORECASTS = 50;

/** Budgets with how they stand, and who changed them. */
export async function loadBudgets(db: Db, now: number): Promise<BudgetsAnswer> {
  const [budgets, held, changes] = await Promise.all([listBudgets(db), listHeldStates(db), listChanges(db)]);
  const budget = { forecasts: FORECASTS };
  const views: BudgetView[] = [];
  for (const row of budgets) views.push(await viewOf(db, row, { budgets, held, now, left: budget }));
  return { budgets: views, history: changes };
}

interface Reading {
  budgets: readonly BudgetRow[];
  held: readonly BudgetState[];
  now: number;
  /** Forecasts that may still be made. */
  left: { forecasts: number };
}

type Window = typeof spendWindows.$inferSelect;

async function viewOf(db: Db, row: BudgetRow, reading: Reading): Promise<BudgetView> {
  const { now, budgets } = reading;
  const { start, end } = windowAt(row.window, row.zone, now);
  const mine = reading.held.filter((state) => state.budgetId === row.id && now < state.end);
  const windows = await listWindows(db, row, start, mine, now);
  const shown = windows.filter((window) => isOf(budgets, row, window.subject));
  const states = await listStates(db, shown.map((window) => [row.id, window.subject, start])); // prettier-ignore
  const uses: BudgetUse[] = [];
  for (const window of shown) {
    const state = states.find((one) => one.subject === window.subject);
    const isHeld = mine.some((one) => one.subject === window.subject);
    if (!isHeld && uses.length >= SHOWN) continue;
    uses.push(await useOf(db, row, { ...window, end }, state, reading));
  }
  // Of time, which no window counts, what is held is known.
  for (const state of mine) if (!uses.some(({ subject }) => subject === state.subject)) uses.push(heldUse(row, state));
  return {
    id: row.id,
    text: budgetText(row),
    scope: row.scope,
    subject: row.subject,
    window: row.window,
    zone: row.zone,
    measure: row.measure,
    limit: row.limit,
    warn_share: row.warnShare,
    at_limit: row.atLimit,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    updated_by: row.updatedBy,
    uses: uses.toSorted((a, b) => b.share - a.share),
  };
}

const COLUMNS = {
  usd: spendWindows.nanoUsd,
  tokens: spendWindows.tokens,
  model_calls: spendWindows.modelCalls,
  tool_calls: spendWindows.toolCalls,
  depth: spendWindows.depth,
  descendants: spendWindows.descendants,
  wall_seconds: null,
  idle_seconds: null,
} as const;

/** The windows that used most, and those of subjects that are held. */
async function listWindows(db: Db, row: BudgetRow, start: number, held: readonly BudgetState[], now: number) {
  const column = COLUMNS[row.measure];
  if (column === null) return [];
  const of = and(
    eq(spendWindows.scope, row.scope),
    eq(spendWindows.window, row.window),
    eq(spendWindows.zone, row.window === "run" ? "" : row.zone),
    eq(spendWindows.start, start),
    row.window === "run" ? gte(spendWindows.updatedAt, now - RUNS_MS) : undefined,
    row.subject === "*" || row.scope === "run" ? undefined : eq(spendWindows.subject, row.subject),
  );
  const top = await db.select().from(spendWindows).where(of).orderBy(desc(column), spendWindows.subject).limit(SHOWN * 4); // prettier-ignore
  const missing = held.map(({ subject }) => subject).filter((subject) => !top.some((one) => one.subject === subject));
  if (missing.length === 0) return top;
  const rest = await db
    .select()
    .from(spendWindows)
    .where(and(of, sql`${spendWindows.subject} IN (SELECT value FROM json_each(${JSON.stringify(missing)}))`));
  return [...top, ...rest];
}

async function useOf(
  db: Db,
  row: BudgetRow,
  window: Window & { end: number },
  state: BudgetState | undefined,
  { now, left }: Reading,
): Promise<BudgetUse> {
  const verdict = judgeBudget(row, { ...window, wallMs: null, idleMs: null }, state?.granted ?? 0);
  const asks = state !== undefined && state.standing !== "open" && state.standing !== "ended";
  return {
    subject: window.subject,
    name: subjectText(row.scope, window.subject),
    start: window.start,
    used: verdict.used,
    limit: verdict.limit,
    share: verdict.share,
    unknown: verdict.unknown,
    standing: state?.standing ?? "open",
    version: asks ? state.version : null,
    incident_id: state?.incidentId ?? null,
    forecast: row.window === "run" || left.forecasts-- <= 0 ? null : await forecastOf(db, row, window, verdict, now),
  };
}

async function forecastOf(
  db: Db,
  row: Budget,
  window: Window & { end: number },
  { used, limit }: { used: number; limit: number },
  now: number,
): Promise<BudgetUse["forecast"]> {
  if (row.scope === "run" || row.scope === "tree") return null;
  const rows = await db
    .select()
    .from(spend)
    .where(
      and(
        eq(spend.dimension, row.scope),
        eq(spend.name, window.subject),
        gte(spend.quarter, now - lookbackMs(window) - QUARTER_MS),
      ),
    );
  const points = rows.map((quarter) => ({
    at: quarter.quarter,
    used: usedOf(row.measure, { ...nothing(), ...quarter, depth: 0, descendants: 0, wallMs: null, idleMs: null }) ?? 0,
  }));
  return shownForecast(forecast({ points, window, used, limit, now }));
}

function heldUse(row: BudgetRow, state: BudgetState): BudgetUse {
  const limit = row.limit + state.granted;
  return {
    subject: state.subject,
    name: subjectText(row.scope, state.subject),
    start: state.start,
    used: limit,
    limit,
    share: 1,
    unknown: 0,
    standing: state.standing,
    version: state.version,
    incident_id: state.incidentId,
    forecast: null,
  };
}

async function listChanges(db: Db): Promise<BudgetsAnswer["history"]> {
  const rows = await db
    .select({ at: streamEvents.at, text: streamEvents.text, data: streamEvents.data })
    .from(streamEvents)
    .where(inArray(streamEvents.type, ["budget.set", "budget.deleted", "budget.granted", "budget.stopped"]))
    .orderBy(desc(streamEvents.seq))
    .limit(HISTORY);
  return rows.map(({ at, text, data }) => ({ at, text, by: typeof data["by"] === "string" ? data["by"] : null }));
}
