import { type Budget, partsOf, type Tally } from "@/lib/core/budgets/budget";
import type { Mode } from "@/lib/core/base/vocabulary";
import type { Agent } from "@/lib/db/queries/agents";
import type { BudgetRow } from "@/lib/db/queries/budgets";
import { modeNow } from "@/lib/db/queries/settings";
import type { WindowRow } from "@/lib/db/queries/spend";
import type { SweepContext } from "../agents/context";

/** A budget, whose it is, and what was used of it. */
export interface Standing {
  budget: BudgetRow;
  subject: string;
  start: number;
  end: number;
  tally: Tally;
}

/** A run without reports for this long counts as ended, whether or not its end was reported, in ms. */
export const RUN_LIVE_MS = 15 * 60_000;
export const tallyOf = (row: WindowRow): Tally => ({ ...row, wallMs: null, idleMs: null });

/** The agent that a budget is of, where it is of one. */
export const agentOf = ({ scope }: Pick<Budget, "scope">, subject: string): string | null =>
  scope === "agent" ? subject : scope === "run" ? partsOf(subject)[0] : null;

/** How the type of an agent is treated. */
export const modeOf = (ctx: Pick<SweepContext, "policies" | "now">, { type }: Pick<Agent, "type">): Mode =>
  modeNow(ctx.policies, type, ctx.now);
