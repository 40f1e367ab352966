import { and, desc, eq, gte, sql } from "drizzle-orm";
import type { z } from "zod";
import type { SpendAnswer, SpendQuery, SpendRow } from "@/lib/contracts/budgets";
import { forecast, type Forecast, lookbackMs } from "@/lib/core/budgets/forecast";
import { NANO } from "@/lib/core/budgets/spend";
import { EACH } from "@/lib/core/budgets/budget";
import { QUARTER_MS, type Window, windowAt } from "@/lib/core/budgets/windows";
import type { Db } from "@/lib/db/client";
import { spend, spendWindows } from "@/lib/db/schema";

const HOUR_MS = 3_600_000;
const CHART_HOURS = 24;

/** How fast, today, this month, and where it leads. Days and months are those of `zone`. */
export async function loadSpend(
  db: Db,
  query: z.output<typeof SpendQuery>,
  { now, zone }: { now: number; zone: string },
): Promise<SpendAnswer> {
  const [today, month] = [windowAt("day", zone, now), windowAt("month", zone, now)];
  const [rows, [fleet], hours, forecasts] = await Promise.all([
    listRows(db, query, { now, zone, today, month }),
    listRows(db, { by: "fleet", sort: "month", limit: 1 }, { now, zone, today, month }),
    listHours(db, now),
    Promise.all([today, month].map((window) => forecastOf(db, window, now))),
  ]);
  const all = fleet ?? { name: EACH, now: { usd: 0, tokens: 0 }, today: NOTHING, month: NOTHING };
  const [forDay, forMonth] = forecasts as [Points, Points];
  return {
    zone,
    by: query.by,
    today,
    month,
    fleet: {
      ...all,
      forecast_today: shownForecast(forDay(all.today.usd)),
      forecast_month: shownForecast(forMonth(all.month.usd)),
    },
    rows,
    hours,
  };
}

const NOTHING: SpendRow["today"] = { usd: 0, unpriced: 0, tokens: 0, uncounted: 0, model_calls: 0, tool_calls: 0 };

async function listRows(
  db: Db,
  { by, sort, limit }: z.output<typeof SpendQuery>,
  { now, zone, today, month }: { now: number; zone: string; today: Window; month: Window },
): Promise<SpendRow[]> {
  const day = db
    .select()
    .from(spendWindows)
    .where(
      and(
        eq(spendWindows.scope, by),
        eq(spendWindows.window, "day"),
        eq(spendWindows.zone, zone),
        eq(spendWindows.start, today.start),
      ),
    ) // prettier-ignore
    .as("day");
  const recent = db
    .select({
      name: spend.name,
      nanoUsd: sql<number>`sum(${spend.nanoUsd})`.as("recent_usd"),
      tokens: sql<number>`sum(${spend.tokens})`.as("recent_tokens"),
    })
    .from(spend)
    .where(and(eq(spend.dimension, by), gte(spend.quarter, now - HOUR_MS)))
    .groupBy(spend.name)
    .as("recent");
  const order = {
    now: [sql`coalesce(${recent.nanoUsd}, 0)`, sql`coalesce(${recent.tokens}, 0)`],
    today: [sql`coalesce(${day.nanoUsd}, 0)`, sql`coalesce(${day.tokens}, 0)`],
    month: [spendWindows.nanoUsd, spendWindows.tokens],
  }[sort];
  const rows = await db
    .select({
      month: spendWindows,
      day: {
        nanoUsd: day.nanoUsd,
        unpriced: day.unpriced,
        tokens: day.tokens,
        uncounted: day.uncounted,
        modelCalls: day.modelCalls,
        toolCalls: day.toolCalls,
      },
      recent: { nanoUsd: recent.nanoUsd, tokens: recent.tokens },
    })
    .from(spendWindows)
    .leftJoin(day, eq(day.subject, spendWindows.subject))
    .leftJoin(recent, eq(recent.name, spendWindows.subject))
    .where(
      and(
        eq(spendWindows.scope, by),
        eq(spendWindows.window, "month"),
        eq(spendWindows.zone, zone),
        eq(spendWindows.start, month.start),
      ),
    ) // prettier-ignore
    // Who has no price has tokens, and who has neither has calls.
    .orderBy(
      ...order.map((column) => desc(column)),
      desc(spendWindows.modelCalls),
      desc(spendWindows.toolCalls),
      spendWindows.subject,
    )
    .limit(limit);
  return rows.map((row) => ({
    name: row.month.subject,
    now: { usd: (row.recent?.nanoUsd ?? 0) / NANO, tokens: row.recent?.tokens ?? 0 },
    today: row.day ? amounts(row.day) : NOTHING,
    month: amounts(row.month),
  }));
}

const amounts = (row: Pick<typeof spendWindows.$inferSelect, "nanoUsd" | "unpriced" | "tokens" | "uncounted" | "modelCalls" | "toolCalls">) => ({
  usd: row.nanoUsd / NANO,
  unpriced: row.unpriced,
  tokens: row.tokens,
  uncounted: row.uncounted,
  model_calls: row.modelCalls,
  tool_calls: row.toolCalls,
}); // prettier-ignore

async function listHours(db: Db, now: number): Promise<SpendAnswer["hours"]> {
  const size = sql.raw(String(HOUR_MS));
  const hour = sql<number>`${spend.quarter} / ${size} * ${size}`;
  const rows = await db
    .select({ at: hour, nanoUsd: sql<number>`sum(${spend.nanoUsd})`, tokens: sql<number>`sum(${spend.tokens})` })
    .from(spend)
    .where(and(eq(spend.dimension, "fleet"), gte(spend.quarter, now - CHART_HOURS * HOUR_MS)))
    .groupBy(hour)
    .orderBy(hour);
  return rows.map(({ at, nanoUsd, tokens }) => ({ at, usd: nanoUsd / NANO, tokens }));
}

type Points = (used: number) => Forecast;

/** A forecast of the fleet's money in a window. */
async function forecastOf(db: Db, window: Window, now: number): Promise<Points> {
  const rows = await db
    .select({ at: spend.quarter, nanoUsd: spend.nanoUsd })
    .from(spend)
    .where(and(eq(spend.dimension, "fleet"), eq(spend.name, EACH), gte(spend.quarter, now - lookbackMs(window) - QUARTER_MS))); // prettier-ignore
  const points = rows.map(({ at, nanoUsd }) => ({ at, used: nanoUsd / NANO }));
  return (used) => forecast({ points, window, used, limit: null, now });
}

/** A forecast as it is sent. */
export const shownForecast = (told: Forecast): SpendAnswer["fleet"]["forecast_today"] =>
  told.kind === "none"
    ? null
    : {
        per_hour: told.perHour,
        over_ms: Math.round(told.overMs),
        at_end: told.atEnd,
        reaches_at: told.reachesAt,
      };
