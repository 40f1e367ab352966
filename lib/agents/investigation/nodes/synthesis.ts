import { z } from "zod";
import { hasAlertsOnly } from "@/lib/core/causes/alert-evidence";
import type { Analysis, CauseHypothesis, Finding } from "@/lib/core/evidence/bundle";
import { askJson } from "../ask-json";
import { bundleOf, mergeEvidence } from "../evidence";
import { extraFindings, similarCauses, withPast } from "../extra-findings";
import { type Claim, groundClaims } from "../grounding";
import { synthesisPrompt } from "../prompts";
import type { InvestigationContext } from "../context";
import type { InvestigationState, RivalCause, Update } from "../state";

const Cited = z.object({ text: z.string(), cites: z.array(z.string()).max(10) });
const Writing = z.object({
  order: z.array(z.number().int()).max(20).default([]),
  statements: z.array(Cited.extend({ hypothesis: z.number().int() })).max(10).default([]), // prettier-ignore
  summary: z.array(Cited).max(8).default([]),
});

/** Findings and hypotheses that a model is shown, the strongest first. */
const SHOWN_FINDINGS = 40;
const SHOWN_HYPOTHESES = 5;
/** Findings that further readings add. */
const FURTHER_FINDINGS = 10;
/** Statements of a model that stand beside one hypothesis. */
const STATEMENTS_EACH = 2;
/** A rival may be put first if the analysis holds it at least this likely, relative to its first: a near tie is open, a clear order is not. */
const CLOSE = 0.8;

/** The analysis of all that was read, its rivals, and what a model writes on top, grounded. */
export const synthesis =
  (ctx: InvestigationContext) =>
  async (state: InvestigationState): Promise<Update> => {
    const of = ctx.investigator.case;
    const similar = similarCauses(state.evidence);
    const bundle = bundleOf(of, state.evidence);
    const alerts = hasAlertsOnly(bundle) ? await ctx.investigator.suspicion?.() : undefined;
    const analysis = ctx.analyse(bundle, { similar, ...(alerts && { alerts }) });
    const findings = [
      ...analysis.findings,
      ...furtherFindings(ctx, state, analysis),
      ...extraFindings(of, state, analysis, ctx.screen),
    ];
    const local = withPast(analysis.hypotheses, analysis, similar);
    const base: Update = { analysis, findings, hypotheses: local, authors: { hypotheses: "local" } };
    const text = first(local);
    if (!ctx.asker.has("analysis") || local.length === 0) return { ...base, reports: [{ node: "synthesis", text, author: "local" }] }; // prettier-ignore
    const said = await askJson(ctx, {
      node: "synthesis",
      role: "analysis",
      system: synthesisPrompt(ctx.prompts),
      data: `${shownHypotheses(ctx, local)}\n${shownFindings(ctx, findings)}`,
      form: Writing,
    });
    if (said === null) return { ...base, reports: [{ node: "synthesis", text, author: "local" }] };

    const { value, author } = said;
    const known = { findings, verdict: analysis.verdict };
    const statements = groundClaims(value.statements, known, author);
    const summary = groundClaims(value.summary, known, author);
    const written = local.map((h, i) => ({
      ...h,
      notes: statements.kept
        .filter(({ hypothesis }) => hypothesis === i)
        .slice(0, STATEMENTS_EACH)
        .map(({ text, cites }) => ({ text, cites, author })),
    }));
    const order = reordered(written, local, value.order[0], statements.kept);
    const refused = order === null && wantsOther(value.order) ? [{ text: `puts hypothesis ${value.order[0]} first`, why: "it is not a near tie, or no finding is cited for it", author }] : []; // prettier-ignore
    return {
      ...base,
      hypotheses: order ?? written,
      reorderedBy: order === null ? null : author,
      removed: [...statements.removed, ...summary.removed, ...refused],
      written: summary.kept.map((claim) => ({ ...claim, author })),
      authors: { hypotheses: order === null ? "local" : author, ...(statements.kept.length > 0 && { notes: author }) },
      reports: [{ node: "synthesis", text: first(order ?? written), author: order === null ? "local" : author }],
    };
  };

/** What an analysis of everything sees besides, when models have read further: to be cited, and nothing else. */
function furtherFindings(ctx: InvestigationContext, state: InvestigationState, analysis: Analysis): Finding[] {
  const { logs, metrics, changes, spans } = state.further;
  if (logs.length + metrics.length + changes.length + spans.length === 0) return [];
  const all = ctx.analyse(bundleOf(ctx.investigator.case, mergeEvidence(state.evidence, state.further)), {});
  const told = new Set(analysis.findings.map(({ node, text }) => `${node} ${text}`));
  return all.findings
    .filter(({ node, text }) => !told.has(`${node} ${text}`))
    .toSorted((a, b) => b.strength - a.strength)
    .slice(0, FURTHER_FINDINGS)
    .map((finding, i) => ({ ...finding, id: `x${i + 1}` }));
}

const wantsOther = (order: readonly number[]) => order.length > 0 && order[0] !== 0;
/** The hypothesis a model prefers moved to the front, if that is open and it says why with findings; null if not. Confidences stay what they were. */
function reordered(
  written: readonly RivalCause[],
  local: readonly RivalCause[],
  preferred: number | undefined,
  kept: readonly (Claim & { hypothesis: number })[],
): RivalCause[] | null {
  const rival = preferred === undefined ? undefined : written[preferred];
  const known = preferred === undefined ? undefined : local[preferred];
  if (preferred === 0 || rival === undefined || known === undefined) return null;
  if (known.confidence < CLOSE * local[0]!.confidence) return null;
  const supported = kept.some((c) => c.hypothesis === preferred && c.cites.some((id) => known.cites.includes(id)));
  return supported ? [rival, ...written.filter((h) => h !== rival)] : null;
}

const first = (hypotheses: readonly CauseHypothesis[]): string =>
  hypotheses[0] === undefined
    ? "No hypothesis is supported by the evidence."
    : `${hypotheses[0].statement} (${Math.round(100 * hypotheses[0].confidence)} %)`;

export const shownFindings = (ctx: InvestigationContext, findings: readonly Finding[]) =>
  ctx.screen.quote(
    "findings",
    findings
      .toSorted((a, b) => b.strength - a.strength)
      .slice(0, SHOWN_FINDINGS)
      .map(({ id, kind, node, text, at }) => ({ id, kind, node, text, at })),
  );

export const shownHypotheses = (ctx: InvestigationContext, hypotheses: readonly CauseHypothesis[]) =>
  ctx.screen.quote(
    "hypotheses",
    hypotheses.slice(0, SHOWN_HYPOTHESES).map((h, index) => ({ index, ...h })),
  );
