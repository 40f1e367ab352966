import type { CauseHypothesis, Finding } from "@/lib/core/bundle";
import type { Case } from "./ports";
import type { Screen } from "./screen";
import type { InvestigationState, RivalCause } from "./state";

/** Entries of each kind; what is beyond is in the evidence. */
const EACH = 20;

/** Findings besides the analysis's own: alerts, past incidents, runbooks, text that gives orders, and what could not be looked at. */
export function extraFindings(of: Case, state: InvestigationState, screen: Screen): Finding[] {
  const quote = (text: string) => JSON.stringify(screen.plain(text));
  const { similar, runbooks } = state.evidence;
  return [
    ...of.alerts.slice(0, EACH).map((alert, i): Finding => ({
      id: `a${i + 1}`,
      kind: "alert",
      node: alert.node,
      text: `alert ${quote(alert.name)} on ${alert.node}: ${quote(alert.summary)}`,
      at: alert.at,
      strength: 0.5,
    })),
    ...similar.slice(0, EACH).map((past, i): Finding => ({
      id: `s${i + 1}`,
      kind: "similar_incident",
      node: past.node,
      text: `${past.id} was like this (${Math.round(100 * past.similarity)} %): ${quote(past.title)}, ${past.kind.replaceAll("_", " ")} of ${past.node ?? "no single node"}; ${past.action ?? "no action"}: ${past.outcome.replaceAll("_", " ")}`,
      strength: past.similarity,
    })),
    ...runbooks.slice(0, EACH).map((section, i): Finding => ({
      id: `r${i + 1}`,
      kind: "runbook",
      node: null,
      text: `${section.path}, ${quote(section.heading)}`,
      strength: 0.1,
    })),
    ...screen
      .flagged()
      .slice(0, EACH)
      .map((flag, i): Finding => ({
        id: `i${i + 1}`,
        kind: "instruction",
        node: flag.node,
        text: `text that tries to give orders, in ${flag.source.replaceAll("_", " ")}: ${JSON.stringify(flag.line)}`,
        strength: 0.5,
      })),
    ...state.blind.slice(0, EACH).map((blind, i): Finding => ({
      id: `c${i + 1}`,
      kind: "could_not_look",
      node: null,
      text: `could not look: ${blind.source.replaceAll("_", " ")} (${screen.plain(blind.reason)})`,
      strength: 0,
    })),
  ];
}

/** A past incident of the same node and kind stands beside the hypothesis that repeats it; it proves nothing and lifts nothing. */
export function withPast(hypotheses: readonly CauseHypothesis[], state: InvestigationState): RivalCause[] {
  return hypotheses.map((h) => {
    const past = state.evidence.similar
      .slice(0, EACH)
      .flatMap((p, i) => (p.node === h.node && p.kind === h.kind && h.node !== null ? [`s${i + 1}`] : []));
    return { ...h, cites: [...new Set([...h.cites, ...past])], notes: [] };
  });
}
