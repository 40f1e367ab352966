import type { Proposal } from "@/lib/db/queries/healing";
import { digestOf } from "../ids";

/** What an approval of an operation is bound to. A digest of it is what a person signs. */
export const operationDigest = (
  p: Pick<Proposal, "id" | "incidentId" | "subjectId" | "action" | "args" | "targetVersion">,
  cites: readonly string[],
): string =>
  digestOf({
    proposal: p.id,
    incident: p.incidentId,
    service: p.subjectId,
    action: p.action,
    args: p.args,
    target: p.targetVersion,
    cites: [...cites].toSorted(),
  });
