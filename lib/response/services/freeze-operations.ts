import type { AllowList } from "@/lib/actions/service/allow-list";
import type { Entry } from "@/lib/actions/service/entry";
import type { CaseOperation } from "@/lib/contracts/frozen-service";
import type { CauseKind } from "@/lib/core/base/vocabulary";
import { covers, fill } from "@/lib/core/services/allow-list";
import type { Proposal } from "@/lib/db/queries/healing";

/** What could be done: what the allow-list has for these services, and what was proposed and is no longer on it. */
export function operationsOf(
  { entries }: AllowList,
  nodes: readonly string[],
  proposals: readonly Proposal[],
): CaseOperation[] {
  const offered = [...entries.values()].filter(
    ({ services, remedies }) =>
      remedies.length > 0 && nodes.some((node) => services.some((pattern) => covers(pattern, node))),
  );
  const undoing = offered.flatMap(({ undo }) => (undo ? (entries.get(undo.action) ?? []) : []));
  const listed = new Map([...offered, ...undoing].map((entry) => [entry.name, operationOf(entry)]));
  for (const proposal of proposals) {
    const { entry } = proposal.args;
    if (typeof entry !== "string" || listed.has(entry)) continue;
    listed.set(entry, {
      name: entry,
      title: proposal.considered?.operation?.title ?? entry,
      services: [...new Set(proposals.filter(({ args }) => args["entry"] === entry).map(({ subjectId }) => subjectId))],
      remedies: [],
      risk: proposal.risk,
      reversible: proposal.reversible,
      undo: null,
      blast_radius: proposal.blastRadius,
      destroys_evidence: false,
      params: {},
    });
  }
  return [...listed.values()];
}

const operationOf = ({
  name,
  title,
  services,
  remedies,
  risk,
  reversible,
  undo,
  blastRadius,
  destroysEvidence,
  params,
  spec,
}: Entry): CaseOperation => ({
  name,
  title,
  services,
  remedies: remedies as CauseKind[],
  risk,
  reversible,
  undo: undo && { action: undo.action, ...(undo.args && { args: undo.args }) },
  blast_radius:
    spec.kind === "open_rollback_pr" ? fill(blastRadius, { repository: `${spec.owner}/${spec.repo}` }) : blastRadius,
  destroys_evidence: destroysEvidence,
  params,
});
