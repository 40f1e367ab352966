import { budgetText, subjectText } from "@/lib/core/budgets/words";
import { partsOf, subjectOf } from "@/lib/core/budgets/budget";
import type { BudgetStanding, Mode } from "@/lib/core/base/vocabulary";
import { addSubjects, findRoot, listAtWork, openBudgetIncident } from "@/lib/db/queries/budget-holds";
import { type BudgetState, saveState } from "@/lib/db/queries/budgets";
import { type Agent, findAgent } from "@/lib/db/queries/agents";
import { findOpenByCause, type Incident } from "@/lib/db/queries/incidents";
import { newId } from "@/lib/db/ids";
import type { Plan } from "@/lib/db/plan";
import type { SweepContext } from "../agents/context";
import { agentOf, modeOf, RUN_LIVE_MS, type Standing } from "./standing";

/** A budget is arithmetic, not a guess: how bad it is, is a person's to say. On the scale of incidents, 0 to 10. */
const SEVERITY = 5;
/** Agents named as subjects of an incident: of a fleet's, more say nothing. */
const MAX_SUBJECTS = 200;

/** Plans what happens when a budget is used up: the incident of its subject, and how it stands. The holds follow from that. */
export async function planReached(
  plan: Plan,
  ctx: SweepContext,
  { standing, row, before, text }: { standing: Standing; row: BudgetState; before: BudgetState | null; text: string },
): Promise<void> {
  const { db, now } = ctx;
  const { budget, subject } = standing;
  const agents = await listAtWork(db, budget.scope, subject, now - RUN_LIVE_MS);
  const about = { at: now, agentId: agentOf(budget, subject), data: { budget: budget.id, subject, page: true } };
  // A run that is over cannot be held, and nobody has to decide about it.
  if (agents.length === 0 && (budget.scope === "run" || budget.scope === "tree")) {
    plan
      .claim(saveState(db, { ...row, standing: "ended", reachedAt: now }, before))
      .tell({ ...about, type: "budget.reached", text: `Budget used up by a run that has ended: ${text}` });
    return;
  }
  const modes = new Set(agents.map((agent) => modeOf(ctx, agent)));
  const mode: Mode = modes.has("act") ? "act" : modes.has("recommend") ? "recommend" : "observe";
  const to = standingFor(mode, budget.atLimit, ctx.settings.global_stop);
  const causeKey = await causeOf(ctx, standing);
  const open = await findOpenByCause(db, causeKey);
  const id = open?.id ?? newId("inc");
  plan.claim(saveState(db, { ...row, standing: to, reachedAt: now, incidentId: id }, before));
  const title = `${subjectText(budget.scope, subject)}: budget used up`;
  if (!open) {
    const wouldHave = to === "recorded" ? `${budget.atLimit === "stop" ? "stopped" : "paused"} its agents` : null;
    const state = to === "asking" ? "awaiting_approval" : to === "stopped" ? "escalated" : "verifying";
    plan
      .claim(
        openBudgetIncident({
          id,
          state,
          title,
          severity: SEVERITY,
          mode,
          causeKey,
          wouldHave,
          openedAt: now,
        } as Incident),
      ) // prettier-ignore
      .tell({
        ...about,
        type: "incident.opened",
        incidentId: id,
        text: `${title}: ${budgetText(budget)}`,
        data: { severity: SEVERITY, mode, ...(wouldHave ? { would_have: wouldHave } : {}) },
      });
  }
  if (agents.length > 0)
    plan.write(addSubjects(db, id, agents.slice(0, MAX_SUBJECTS).map((agent) => agent.id), !open)); // prettier-ignore
  plan.tell({
    ...about,
    type: "budget.reached",
    incidentId: id,
    text: `Budget used up: ${text}. ${nextText(to, agents, ctx)}`,
  });
}

function standingFor(mode: Mode, atLimit: "pause_and_ask" | "stop", globalStop: boolean): BudgetStanding {
  if (mode === "observe") return "recorded";
  return atLimit === "stop" && mode === "act" && !globalStop ? "stopped" : "asking";
}

/** One incident for each root, however many budgets of it and of its runs are used up; else one for each subject. */
async function causeOf({ db }: SweepContext, { budget, subject }: Standing): Promise<string> {
  if (budget.scope !== "run") return `budget:${budget.scope}:${subject}`;
  const [agentId, runId] = partsOf(subject);
  const root = await findRoot(db, agentId, runId);
  const keyId = (await findAgent(db, agentId))?.keyId ?? null;
  return `budget:tree:${subjectOf("tree", { agentId, keyId, runId, rootRunId: root })}`;
}

function nextText(to: BudgetStanding, agents: readonly Agent[], ctx: SweepContext): string {
  const blind = agents.filter((agent) => agent.enforcement === false).length;
  const note = blind > 0 ? ` ${blind} of ${agents.length} cannot be held: not enforceable.` : "";
  switch (to) {
    case "asking":
      return ctx.settings.global_stop
        ? `Nothing is paused while the global stop is on; a person has to decide.${note}`
        : `A person has to decide: allow more, or stop.${note}`;
    case "stopped":
      return `Its agents are stopped, as configured.${note}`;
    case "recorded":
      return "Observe mode: nothing is done.";
    case "open":
    case "ended":
      return "";
  }
}
