import { outcomeText } from "@/lib/core/base/vocabulary";
import { actionName } from "@/lib/core/agents/words";
import type { ActionRun, Proposal } from "@/lib/db/queries/healing";
import type { Incident } from "@/lib/db/queries/incidents";
import type { Cause } from "@/lib/db/queries/investigations";

export interface Summarised {
  incident: Incident;
  subject: string;
  causes: readonly Cause[];
  /** What a citation is called here, by its finding's id. */
  refs: ReadonlyMap<string, string>;
  proposals: readonly Proposal[];
  runs: readonly ActionRun[];
}

/** An agent's incident in words, as it stands: what is affected, since when, the likeliest causes, what is done and what comes next. */
export function agentSummary({ incident, subject, causes, refs, proposals, runs }: Summarised): string {
  const [first, second] = causes;
  const cited = (cause: Cause) => (cause.cites.length > 0 ? ` [${cause.cites.map((id) => refs.get(id) ?? id).join(", ")}]` : "");
  const told = (cause: Cause) => `${cause.statement} (${Math.round(100 * cause.confidence)} %)${cited(cause)}`;
  const open = proposals.findLast(({ state }) => state === "pending");
  const last = runs.at(-1);
  // What is only contained is over, and not put right.
  const isContained = incident.state === "resolved" && last?.outcome === "contained";
  const standing = isContained ? "closed" : incident.state.replaceAll("_", " ");
  return [
    `Impact: ${subject}, severity ${Math.round(10 * incident.severity) / 10} of 10${incident.containedAt === null ? "; not quarantined" : "; quarantined"}.`,
    `Since: ${clock(incident.onsetAt)} UTC.`,
    ...(first ? [`Most likely: ${told(first)}`] : []),
    ...(second ? [`Alternative: ${told(second)}`] : []),
    `Next: ${open ? `${actionName(open)} waits for a decision` : last ? `${actionName(last)}: ${last.outcome === "pending" ? "being measured" : outcomeText(last.outcome)}` : incident.closedAt === null ? "no action is proposed" : "nothing was done"}.`,
    `Status: ${standing}${incident.outcome ? `: ${incident.outcome}` : ""}.`,
    `Next update: ${incident.closedAt === null ? "when the next action is decided or measured" : "none, unless it recurs"}.`,
  ].join("\n");
} // prettier-ignore

const clock = (at: number) => new Date(at).toISOString().slice(11, 16);
