import { randomBytes } from "node:crypto";
import { type ConfidenceFit, NO_FIT } from "@/lib/core/causes/confidence";
import type { KnownCauses } from "@/lib/core/causes/analyse";
import type { Analysis, Bundle, Finding } from "@/lib/core/evidence/bundle";
import { createAsker } from "../asker";
import { createBudget, DEFAULT_LIMITS, type Limits, type Rebuilt, type Spent } from "../budget";
import type { Chain, ModelRole } from "../models";
import { UNTRACED } from "../untraced";
import { createDesk } from "./desk";
import { bundleOf } from "./evidence";
import { createGraph } from "./graph";
import type { Claim, Removed } from "./grounding";
import type { Investigator, PastIncident, SpecialistName } from "./ports";
import type { InvestigationContext } from "./context";
import { chosenPrompts, type PromptChoice } from "./prompt-variants";
import { createScreen } from "./screen";
import type { Blind, Messages, Remedy, Report, RivalCause, Skepticism } from "./state";

export interface InvestigationOptions {
  /** Models by role; without any the analysis stands by itself. */
  chains?: Partial<Record<ModelRole, Chain>>;
  limits?: Limits;
  /** What earlier attempts used: see `rebuild`. */
  before?: Rebuilt;
  /** What confidences have been worth; none: they stay as the analysis gives them. */
  fit?: ConfidenceFit;
  /** Variants of prompts; by default those in use. */
  prompts?: PromptChoice;
  analyse: (bundle: Bundle, known: Pick<KnownCauses, "similar" | "alerts">) => Analysis;
}

/** What an investigation ends with. Text of hypotheses, reports and messages is for people; ids of findings are those of `findings`. */
export interface Investigation {
  /** `best_so_far`: something ran out or could not be read; the answer is the best that could be had. */
  outcome: { kind: "complete" } | { kind: "best_so_far"; why: string };
  /** The evidence that the analysis stands on, as it was when it was looked at. */
  bundle: Bundle;
  verdict: Analysis["verdict"];
  onset: Analysis["onset"];
  ranking: Analysis["ranking"];
  /** The analysis's, what further readings add `x…`, then alerts `a…`, runbooks `r…`, further text that gives orders `o…`, and what could not be looked at `b…`. */
  findings: Finding[];
  hypotheses: RivalCause[];
  /** The model that put a near tie the other way round, with citations; null when the order is the analysis's own. */
  reorderedBy: string | null;
  skeptic: Skepticism | null;
  remedy: Remedy;
  messages: Messages;
  /** Sentences of models that stand beside the summary. */
  written: (Claim & { author: string })[];
  removed: Removed[];
  similar: PastIncident[];
  blastRadius: string[];
  couldNotLook: Blind[];
  reports: Report[];
  /** Who is behind `hypotheses` (their order), `notes` (on them), `skeptic`, `proposal` and `summary`: `local` or a model's name. */
  authors: Record<string, string>;
  spent: Spent;
  /** What each model cost. */
  models: { name: string; calls: number; tokens: number; usd: number }[];
}

/**
 * Investigates one incident: evidence, analysis, rivals, doubts, a proposal or none, words. Reads only; it has nothing to act
 * with. Models may be absent, slow, broken or hostile: it ends within its limits with the local analysis, and says who
 * wrote what. Throws only when the signal aborts, when the trajectory cannot be written, and for bugs.
 */
export async function investigate(investigator: Investigator, options: InvestigationOptions): Promise<Investigation> {
  const { now, signal } = investigator;
  const budget = createBudget(options.limits ?? DEFAULT_LIMITS, now, options.before);
  const screen = createScreen(randomBytes(6).toString("hex"));
  const desk = createDesk(investigator, budget, screen);
  const models = new Map<string, { name: string; calls: number; tokens: number; usd: number }>();
  const asker = createAsker<SpecialistName>(options.chains ?? {}, budget, now, async (call) => {
    const sum = models.get(call.model) ?? { name: call.model, calls: 0, tokens: 0, usd: 0 };
    models.set(call.model, { ...sum, calls: sum.calls + 1, tokens: sum.tokens + call.tokens, usd: sum.usd + call.usd });
    await desk.record({
      node: call.node,
      tool: "model",
      args: { role: call.role },
      digest: null,
      preview: screen.plain(call.preview),
      author: call.model,
      startedAt: call.startedAt,
      ms: call.ms,
      tokens: call.tokens,
      usd: call.usd,
      ok: call.ok,
    });
  });
  const { analyse, fit = NO_FIT, prompts = chosenPrompts({}) } = options;
  const ctx: InvestigationContext = { investigator, desk, asker, screen, budget, analyse, fit, prompts };
  const state = await createGraph(ctx).invoke({}, { signal, callbacks: UNTRACED });
  return {
    outcome: outcomeOf(budget.ranOut(), state.blind),
    bundle: bundleOf(investigator.case, state.evidence),
    verdict: state.analysis!.verdict,
    onset: state.analysis!.onset,
    ranking: state.analysis!.ranking,
    findings: state.findings,
    hypotheses: state.hypotheses,
    reorderedBy: state.reorderedBy,
    skeptic: state.skeptic,
    remedy: state.remedy!,
    messages: state.messages!,
    written: state.written,
    removed: state.removed,
    similar: state.evidence.similar,
    blastRadius: state.blastRadius,
    couldNotLook: state.blind,
    reports: state.reports,
    authors: state.authors,
    spent: budget.spent(),
    models: [...models.values()],
  };
}

function outcomeOf(ranOut: readonly string[], blind: readonly Blind[]): Investigation["outcome"] {
  const spent = ranOut.length === 0 ? [] : [`the budget is spent (${ranOut.join(", ")})`];
  const sources = [...new Set(blind.map(({ source }) => source))];
  const unseen = sources.length === 0 ? [] : [`could not read ${sources.join(", ")}`];
  const why = [...spent, ...unseen].join("; ");
  return why === "" ? { kind: "complete" } : { kind: "best_so_far", why };
}
