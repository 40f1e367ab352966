import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import {
  AT_LIMIT,
  BUDGET_MEASURES,
  BUDGET_SCOPES,
  BUDGET_STANDINGS,
  BUDGET_WINDOWS,
  type BudgetScope,
  SPEND_DIMENSIONS,
  type SpendDimension,
} from "@/lib/core/base/vocabulary";

/** What people set. Of its history, who changed what, the stream tells. */
export const budgets = sqliteTable("budgets", {
  id: text().primaryKey(),
  scope: text({ enum: BUDGET_SCOPES }).notNull(),
  subject: text().notNull(),
  window: text("window_kind", { enum: BUDGET_WINDOWS }).notNull(),
  zone: text().notNull(),
  measure: text({ enum: BUDGET_MEASURES }).notNull(),
  limit: real("limit_amount").notNull(),
  warnShare: real().notNull(),
  atLimit: text({ enum: AT_LIMIT }).notNull(),
  createdAt: integer().notNull(),
  /** Grows with each change: what was read before is older. */
  updatedAt: integer().notNull(),
  updatedBy: text().notNull(),
});

/** Whole numbers as reals: they stay exact beyond what any fleet spends, and a lying sender's do not overflow. */
const amounts = {
  nanoUsd: real().notNull().default(0),
  unpriced: real().notNull().default(0),
  tokens: real().notNull().default(0),
  uncounted: real().notNull().default(0),
  modelCalls: real().notNull().default(0),
  toolCalls: real().notNull().default(0),
};

/** What was spent in each quarter of an hour, by each of the names that it is told apart by. Windows are filled from it. */
export const spend = sqliteTable(
  "spend",
  {
    dimension: text({ enum: SPEND_DIMENSIONS }).notNull(),
    name: text().notNull(),
    /** Epoch ms of its beginning. */
    quarter: integer().notNull(),
    ...amounts,
  },
  (t) => [
    primaryKey({ columns: [t.dimension, t.name, t.quarter] }),
    index("spend_quarter").on(t.quarter),
    // For a range of time: the key's order would read each name's rows of all time.
    index("spend_dimension").on(t.dimension, t.quarter),
  ],
);

/**
 * What was spent in a window so far: of each name today and this month, and whatever else budgets ask for. Of runs and trees
 * `start` is 0. One row for a subject, however many agents and processes add to it.
 */
export const spendWindows = sqliteTable(
  "spend_windows",
  {
    scope: text().$type<BudgetScope | SpendDimension>().notNull(),
    window: text("window_kind", { enum: BUDGET_WINDOWS }).notNull(),
    zone: text().notNull(),
    start: integer("start_at").notNull(),
    subject: text().notNull(),
    ...amounts,
    depth: integer().notNull().default(0),
    descendants: integer().notNull().default(0),
    updatedAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.scope, t.window, t.zone, t.start, t.subject] }),
    index("spend_windows_updated").on(t.updatedAt),
  ],
);

/** How far a budget got with one subject in one window, once it warned, and what people decided about it. */
export const budgetStates = sqliteTable(
  "budget_states",
  {
    budgetId: text().notNull(),
    subject: text().notNull(),
    start: integer("start_at").notNull(),
    end: integer("end_at").notNull(),
    level: text({ enum: ["warn", "reached"] }).notNull(),
    /** In units of the measure: what people allowed on top of the limit. */
    granted: real().notNull().default(0),
    standing: text({ enum: BUDGET_STANDINGS }).notNull().default("open"),
    warnedAt: integer().notNull(),
    reachedAt: integer(),
    incidentId: text(),
    decidedBy: text(),
    decidedAt: integer(),
    /** Grows with each change: a decision is on what was seen. */
    version: integer().notNull().default(1),
    updatedAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.budgetId, t.subject, t.start] }),
    index("budget_states_held")
      .on(t.standing)
      .where(sql`standing IN ('asking', 'stopped', 'recorded')`),
  ],
);
