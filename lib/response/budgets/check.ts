import { type Budget, isOf, judgeBudget, subjectOf, warnsFrom } from "@/lib/core/budgets/budget";
import { nothing } from "@/lib/core/budgets/spend";
import { windowAt } from "@/lib/core/budgets/windows";
import { verdictText } from "@/lib/core/budgets/words";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { listOpenRuns, listWindowsFrom, type OpenRun } from "@/lib/db/queries/budget-holds";
import { type BudgetRow, type BudgetState, listStates, saveState } from "@/lib/db/queries/budgets";
import { listWindows, type WindowRow } from "@/lib/db/queries/spend";
import { Plan } from "@/lib/db/plan";
import type { SweepContext } from "../agents/context";
import { planReached } from "./reached";
import { agentOf, RUN_LIVE_MS, type Standing, tallyOf } from "./standing";

/** Every budget is looked at this often even if nothing moved it, in ms: what a process that died had counted, and had not looked at. */
const ALL_EVERY_MS = 30_000;
/** Runs that moved within this are looked at when all are, in ms. */
const RUNS_MOVED_MS = 24 * 60 * 60_000;

/** When everything was last looked at, and what budgets there were then: of each database, since drills have theirs. */
const looked = new WeakMap<Db, { at: number; budgets: string }>();

/**
 * Looks at the budgets that this sweep's events moved, at all of them every half a minute, and whenever one was changed. Warns, and
 * plans what happens once one is used up. Each budget, subject and window warns once and is reached once, however many look.
 */
export async function checkBudgets(ctx: SweepContext): Promise<void> {
  const { db, now, budgets } = ctx;
  if (budgets.length === 0) return;
  const version = budgets.map(({ id, updatedAt }) => `${id}@${updatedAt}`).join();
  const last = looked.get(db);
  const all = !last || last.budgets !== version || now - last.at >= ALL_EVERY_MS || now < last.at;
  const standings = all ? await everyWindow(ctx) : await movedWindows(ctx);
  standings.push(...(await runningTimes(ctx)));
  const known = await statesOf(db, standings);
  for (const standing of standings) await look(ctx, standing, known.get(keyOf(standing)) ?? null);
  if (all) looked.set(db, { at: now, budgets: version });
}

const keyOf = ({ budget, subject, start }: Pick<Standing, "budget" | "subject" | "start">): string =>
  `${budget.id}\n${start}\n${subject}`;

async function statesOf(db: Db, standings: readonly Standing[]): Promise<Map<string, BudgetState>> {
  const states = await listStates(
    db,
    standings.map(({ budget, subject, start }) => [budget.id, subject, start]),
  );
  return new Map(states.map((state) => [`${state.budgetId}\n${state.start}\n${state.subject}`, state]));
}

/** Standings of the windows that events of this sweep moved. */
async function movedWindows({ db, budgets, moved }: SweepContext): Promise<Standing[]> {
  const rows = await listWindows(db, [...new Map(moved.map((key) => [JSON.stringify(key), key])).values()]);
  return rows.flatMap((row) =>
    budgets
      .filter((b) => b.scope === row.scope && b.window === row.window && (b.window === "run" || b.zone === row.zone))
      .flatMap((budget) => standingOf(budgets, budget, row)),
  );
}

/** Standings of all windows that are now, as far as they may have to be told of. */
async function everyWindow({ db, budgets, now }: SweepContext): Promise<Standing[]> {
  const standings: Standing[] = [];
  for (const budget of budgets) {
    const { start } = windowAt(budget.window, budget.zone, now);
    const rows = await listWindowsFrom(db, budget, {
      start,
      least: warnsFrom(budget),
      movedSince: budget.window === "run" ? now - RUNS_MOVED_MS : 0,
    });
    standings.push(...rows.flatMap((row) => standingOf(budgets, budget, row)));
  }
  return standings;
}

function standingOf(budgets: readonly BudgetRow[], budget: BudgetRow, row: WindowRow): Standing[] {
  if (!isOf(budgets, budget, row.subject)) return [];
  const { end } = windowAt(budget.window, budget.zone, row.start);
  return [{ budget, subject: row.subject, start: row.start, end, tally: tallyOf(row) }];
}

/** Budgets of time: how long runs have been at work, or silent. */
async function runningTimes({ db, budgets, now }: SweepContext): Promise<Standing[]> {
  const timed = budgets.filter(({ measure }) => measure === "wall_seconds" || measure === "idle_seconds");
  const standings = new Map<string, Standing>();
  for (const budget of timed) {
    const idle = budget.measure === "idle_seconds";
    const leastMs = budget.limit * budget.warnShare * 1_000;
    const open = await listOpenRuns(db, {
      heardSince: now - RUN_LIVE_MS - (idle ? budget.limit * 1_000 : 0),
      by: idle ? "lastAt" : "startedAt",
      before: now - leastMs,
    });
    for (const run of open) {
      const subject = subjectOfRun(budget, run);
      if (!isOf(budgets, budget, subject)) continue;
      const { start, end } = windowAt("run", budget.zone, now);
      const tally = { ...nothing(), depth: 0, descendants: 0, wallMs: now - run.startedAt, idleMs: now - run.lastAt };
      const standing = { budget, subject, start, end, tally };
      const before = standings.get(keyOf(standing))?.tally;
      // A tree is as old as its oldest run, and as idle as its liveliest.
      if (before) {
        tally.wallMs = Math.max(tally.wallMs, before.wallMs ?? 0);
        tally.idleMs = Math.min(tally.idleMs, before.idleMs ?? Infinity);
      }
      standings.set(keyOf(standing), standing);
    }
  }
  const idleTrees = [...standings.values()].filter(
    ({ budget }) => budget.scope === "tree" && budget.measure === "idle_seconds",
  );
  if (idleTrees.length > 0) {
    // Whose other runs are at work is not idle, though this one is.
    const awake = await listOpenRuns(db, { heardSince: now - RUN_LIVE_MS, by: "startedAt", before: now });
    for (const standing of idleTrees)
      for (const run of awake)
        if (subjectOfRun(standing.budget, run) === standing.subject)
          standing.tally.idleMs = Math.min(standing.tally.idleMs ?? Infinity, now - run.lastAt);
  }
  return [...standings.values()];
}

const subjectOfRun = ({ scope }: Budget, { agentId, keyId, runId, root }: OpenRun): string =>
  subjectOf(scope, { agentId, keyId, runId, rootRunId: root })!;

async function look(ctx: SweepContext, standing: Standing, before: BudgetState | null): Promise<void> {
  const { db, now } = ctx;
  const { budget, subject, start, end } = standing;
  const verdict = judgeBudget(budget, standing.tally, before?.granted ?? 0);
  if (verdict.level === "ok" || before?.standing === "ended") return;
  if (verdict.level === "warn" && before) return;
  if (before?.level === "reached") return;
  const row: BudgetState = {
    budgetId: budget.id,
    subject,
    start,
    end,
    level: verdict.level,
    granted: before?.granted ?? 0,
    standing: "open",
    warnedAt: before?.warnedAt ?? now,
    reachedAt: null,
    incidentId: null,
    decidedBy: null,
    decidedAt: null,
    version: (before?.version ?? 0) + 1,
    updatedAt: now,
  };
  const plan = new Plan();
  const text = verdictText(budget, subject, verdict);
  if (verdict.level === "reached") await planReached(plan, ctx, { standing, row, before, text });
  else
    plan.claim(saveState(db, row, before)).tell({
      at: now,
      type: "budget.warned",
      agentId: agentOf(budget, subject),
      text: `Budget nearly used up: ${text}`,
      data: { budget: budget.id, subject, used: verdict.used, limit: verdict.limit, page: true },
    });
  await commit(db, plan);
}
