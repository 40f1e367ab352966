import type { Analysis, CauseHypothesis, Finding } from "@/lib/core/evidence/bundle";
import { type CauseKind, outcomeText } from "@/lib/core/base/vocabulary";
import type { KnownCauses } from "@/lib/core/causes/analyse";
import type { Evidence } from "./evidence";
import type { Case } from "./ports";
import type { Screen } from "./screen";
import type { InvestigationState, RivalCause } from "./state";

/** Entries of each kind; what is beyond is in the evidence. */
const EACH = 20;
/** Where the analysis itself looks for text that gives orders. */
const IN_BUNDLE = new Set(["fetch_logs", "list_recent_changes"]);

/** Past incidents that had a cause, as the analysis takes them; its findings `s1`, `s2` … follow this order. */
export const similarCauses = ({ similar }: Pick<Evidence, "similar">): NonNullable<KnownCauses["similar"]> =>
  similar.slice(0, EACH).flatMap(({ id, node, kind, similarity, title, action, outcome }) => {
    if (kind === "no_fault" || kind === "unknown") return [];
    const text = `Similar past incident ${id} (${Math.round(100 * similarity)} % alike): ${JSON.stringify(title)}, ${kind.replaceAll("_", " ")} of ${node ?? "no single component"}; ${action ?? "no action"}: ${outcomeText(outcome)}`;
    return [{ id, node, kind: kind as CauseKind, similarity, text }];
  });

/**
 * Findings besides the analysis's own: alerts `a`, runbooks `r`, text that gives orders where the analysis does not look `o`, and
 * what could not be looked at `b`.
 */
export function extraFindings(of: Case, state: InvestigationState, analysis: Analysis, screen: Screen): Finding[] {
  const quote = (text: string) => JSON.stringify(screen.plain(text));
  const told = new Set(analysis.findings.flatMap(({ kind, node }) => (kind === "instruction" ? [node] : [])));
  const orders = screen.flagged().filter(({ source, node }) => !IN_BUNDLE.has(source) || !told.has(node));
  return [
    ...of.alerts.slice(0, EACH).map((alert, i): Finding => ({
      id: `a${i + 1}`,
      kind: "alert",
      node: alert.node,
      text: `alert ${quote(alert.name)} on ${alert.node}: ${quote(alert.summary)}`,
      at: alert.at,
      strength: 0.5,
    })),
    ...state.evidence.runbooks.slice(0, EACH).map((section, i): Finding => ({
      id: `r${i + 1}`,
      kind: "runbook",
      node: null,
      text: `${section.path}, ${quote(section.heading)}`,
      strength: 0.1,
    })),
    ...orders.slice(0, EACH).map((flag, i): Finding => ({
      id: `o${i + 1}`,
      kind: "instruction",
      node: flag.node,
      text: `text in ${flag.source.replaceAll("_", " ")} contains instructions; treated as data and not followed: ${JSON.stringify(flag.line)}`,
      strength: 0.5,
    })),
    ...state.blind.slice(0, EACH).map((blind, i): Finding => ({
      id: `b${i + 1}`,
      kind: "could_not_look",
      node: null,
      text: `could not read ${blind.source.replaceAll("_", " ")}: ${screen.plain(blind.reason)}`,
      strength: 0,
    })),
  ];
}

/** A past incident of the same node and kind stands beside the hypothesis that repeats it. */
export function withPast(
  hypotheses: readonly CauseHypothesis[],
  analysis: Analysis,
  similar: ReturnType<typeof similarCauses>,
): RivalCause[] {
  const known = new Set(analysis.findings.map(({ id }) => id));
  return hypotheses.map((h) => {
    const past = similar.flatMap((p, i) =>
      p.node === h.node && p.kind === h.kind && known.has(`s${i + 1}`) ? [`s${i + 1}`] : [],
    );
    return { ...h, cites: [...new Set([...h.cites, ...past])], notes: [] };
  });
}
