import { unreadText } from "@/lib/evidence/looked";
import { runToolLoop } from "./tool-loop";
import { bundleOf, type Evidence, mergeEvidence, noEvidence } from "./evidence";
import type { Gathered } from "./gather";
import { toolLoopData, toolLoopPrompt } from "./prompts";
import type { InvestigationContext } from "./context";
import type { InvestigationState, Update } from "./state";
import { createTools, TOOL_SETS } from "./tools";

/** Findings of a specialist's own part that its model is shown. */
const SHOWN_FINDINGS = 15;

/**
 * One of the three that work side by side: its own readings first, then, where a model is configured, what that model wants to
 * read after seeing what the analysis makes of this part alone.
 */
export async function specialist(
  ctx: InvestigationContext,
  state: InvestigationState,
  node: "log_analyst" | "deploy_correlator" | "metrics_analyst",
  own: Gathered,
  say: (evidence: Evidence) => string,
): Promise<Update> {
  const dug = ctx.asker.has("analysis") ? await further(ctx, state, node, own.evidence) : null;
  const unseen = own.blind.length === 0 ? "" : ` Could not read: ${unreadText(own.blind)}.`;
  const more =
    dug !== null && dug.readings > 0
      ? ` ${dug.authors.join(", ")} made ${dug.readings} more ${dug.readings === 1 ? "reading" : "readings"}.`
      : "";
  const text = ctx.screen.plain(`${say(own.evidence)}${unseen}${more}`);
  return {
    evidence: own.evidence,
    further: dug?.evidence ?? {},
    blind: own.blind,
    reports: [{ node, text, author: dug?.authors[0] ?? "local" }],
  };
}

function further(
  ctx: InvestigationContext,
  state: InvestigationState,
  node: keyof typeof TOOL_SETS & Parameters<typeof toolLoopPrompt>[0],
  own: Evidence,
) {
  const { case: of } = ctx.investigator;
  const { nodes, edges } = state.evidence;
  const other = state.further.nodes;
  const known = new Set([of.target.node, ...[...nodes, ...other].map(({ id }) => id)]);
  const tools = createTools(ctx.desk, ctx.screen, of, () => known);
  const part = ctx.analyse(bundleOf(of, mergeEvidence({ ...noEvidence(), nodes, edges }, own)), {});
  const findings = part.findings.slice(0, SHOWN_FINDINGS).map(({ kind, node: about, text, at }) => ({ kind, node: about, text, at })); // prettier-ignore
  return runToolLoop(ctx, {
    node,
    role: "analysis",
    system: toolLoopPrompt(node, ctx.prompts),
    data: toolLoopData(of, [ctx.screen.quote("findings", findings)], ctx.screen.quote("nodes", state.scope)),
    tools: TOOL_SETS[node].map((name) => tools[name]),
  });
}
