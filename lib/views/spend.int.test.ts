import { afterEach, beforeEach, expect, it } from "vitest";
import { openTestDb } from "@/lib/db/queries/test-world";
import { type Db, write } from "@/lib/db/client";
import { budgetStates, budgets, spend, spendWindows } from "@/lib/db/schema";
import { loadBudgets } from "./budgets";
import { loadOverview } from "./overview";
import { loadSpend } from "./spend";

const NOW = Date.UTC(2026, 4, 20, 14, 0);
const DAY = Date.UTC(2026, 4, 20);
const MONTH = Date.UTC(2026, 4, 1);
const QUARTER = 900_000;

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => ({ db, close } = await openTestDb()));
afterEach(() => close());

const usd = (dollars: number) => dollars * 1e9;
const window = (scope: "team" | "fleet" | "run", subject: string, start: number, dollars: number, more = {}) =>
  db.insert(spendWindows).values({ scope, window: scope === "run" ? "run" : start === MONTH ? "month" : "day", zone: scope === "run" ? "" : "UTC", start, subject, nanoUsd: usd(dollars), updatedAt: NOW, ...more }); // prettier-ignore
const quarter = (dimension: "team" | "fleet", name: string, ago: number, dollars: number) =>
  db.insert(spend).values({ dimension, name, quarter: NOW - ago * QUARTER, nanoUsd: usd(dollars) });
const budget = (id: string, more = {}) =>
  db.insert(budgets).values({ id, scope: "team", subject: "*", window: "day", zone: "UTC", measure: "usd", limit: 50, warnShare: 0.8, atLimit: "pause_and_ask", createdAt: 1, updatedAt: 1, updatedBy: "Ada", ...more }); // prettier-ignore

it("puts who spends most first, by the time that is asked for", async () => {
  await write(db, [
    window("team", "ml", MONTH, 100),
    window("team", "ml", DAY, 10, { unpriced: 3 }),
    window("team", "web", MONTH, 40),
    window("team", "web", DAY, 20),
    window("team", "<b>ops</b>", MONTH, 5),
    quarter("team", "<b>ops</b>", 1, 2),
    window("fleet", "*", MONTH, 145),
    window("fleet", "*", DAY, 30),
    ...[4, 3, 2, 1].map((ago) => quarter("fleet", "*", ago, 2.5)),
  ]);
  const names = async (sort: "now" | "today" | "month", limit = 50) =>
    (await loadSpend(db, { by: "team", sort, limit }, { now: NOW, zone: "UTC" })).rows.map(({ name }) => name);
  expect(await names("today")).toEqual(["web", "ml", "<b>ops</b>"]);
  expect(await names("month")).toEqual(["ml", "web", "<b>ops</b>"]);
  expect(await names("now", 1)).toEqual(["<b>ops</b>"]);
  const { fleet, hours, rows } = await loadSpend(
    db,
    { by: "team", sort: "today", limit: 9 },
    { now: NOW, zone: "UTC" },
  );
  expect(rows[1]).toMatchObject({ today: { usd: 10, unpriced: 3 }, month: { usd: 100 }, now: { usd: 0 } });
  expect(fleet).toMatchObject({ now: { usd: 10 }, today: { usd: 30 }, forecast_today: { per_hour: 10, at_end: 130 } });
  expect(fleet.forecast_month).toBeNull();
  expect(hours).toEqual([{ at: NOW - 4 * QUARTER, usd: 10, tokens: 0 }]);
});

it("has nothing to say of a fleet that never spent", async () =>
  expect(await loadSpend(db, { by: "agent", sort: "now", limit: 9 }, { now: NOW, zone: "UTC" })).toMatchObject({
    rows: [],
    hours: [],
    fleet: { today: { usd: 0 }, forecast_today: null },
  }));

it("shows of a budget who used most, who is held, and when it will be used up", async () => {
  await write(db, [
    budget("teams"),
    budget("ml", { subject: "ml", limit: 500 }),
    budget("runs", { scope: "run", window: "run", limit: 2 }),
    ...Array.from({ length: 8 }, (_, i) => window("team", `t-${i}`, DAY, 30 + i)),
    window("team", "ml", DAY, 60),
    window("team", "late", DAY, 1),
    window("run", "a\nr-1", 0, 3, { unpriced: 2 }),
    ...[4, 3, 2, 1].map((ago) => quarter("team", "t-0", ago, 2.5)),
    ...[4, 3, 2, 1].map((ago) => quarter("team", "t-7", ago, 3.25)),
    db.insert(budgetStates).values({ budgetId: "runs", subject: "a\nr-1", start: 0, end: 2 ** 53 - 1, level: "reached", standing: "asking", warnedAt: 1, reachedAt: 1, version: 4, updatedAt: 1 }), // prettier-ignore
    db.insert(budgetStates).values({ budgetId: "teams", subject: "late", start: DAY, end: DAY + 86_400_000, level: "reached", granted: 9, standing: "stopped", warnedAt: 1, reachedAt: 1, version: 2, updatedAt: 1 }), // prettier-ignore
  ]);
  const { approvals } = await loadOverview(db, { now: NOW, demo: false });
  expect(approvals).toEqual({ pending: 0, budgets: 1 });
  expect((await loadOverview(db, { now: 2 ** 53, demo: false })).approvals.budgets).toBe(0);
  const { budgets: views } = await loadBudgets(db, NOW);
  const of = (id: string) => views.find((view) => view.id === id)!;
  expect(of("teams").text).toBe("$50.00 a day for each team");
  expect(of("teams").uses.map(({ name }) => name)).toEqual(["team t-7", "team t-6", "team t-5", "team t-4", "team t-3", "team late"]); // prettier-ignore
  expect(of("teams").uses[0]!.forecast).toMatchObject({ per_hour: 13, reaches_at: NOW + 3_600_000 });
  expect(of("teams").uses.at(-1)).toMatchObject({ limit: 59, standing: "stopped", version: 2 });
  expect(of("ml").uses).toMatchObject([{ subject: "ml", used: 60, share: 0.12, standing: "open", version: null }]);
  expect(of("runs").uses).toMatchObject([{ name: "run r-1 of a", used: 3, unknown: 2, standing: "asking", version: 4, forecast: null }]); // prettier-ignore
});
