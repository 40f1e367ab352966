import { prepare } from "@/lib/actions/service/index";
import type { DryRunAnswer } from "@/lib/contracts/approvals";
import type { Db } from "@/lib/db/client";
import { done } from "@/lib/db/audit";
import { record } from "@/lib/db/commit";
import { findProposal, getApproval } from "@/lib/db/queries/healing";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "../actor";
import type { Integrations } from "./context";

/** Has an operation that waits for a person say what it would do. Throws not_found, and conflict for what is not one or waits no more. */
export async function tryOperation(
  db: Db,
  { allowList, operator }: Pick<Integrations, "allowList" | "operator">,
  approvalId: string,
  by: Actor,
  now: number,
): Promise<DryRunAnswer> {
  const approval = await getApproval(db, approvalId);
  const proposal = await findProposal(db, approval.proposalId);
  if (approval.state !== "pending" || proposal?.subjectKind !== "service")
    throw new SentinelError("conflict", {
      detail: "Only a pending operation on a service can be dry-run",
    });
  const { entry, ...args } = proposal.args;
  const prepared = prepare(allowList, String(entry), args, proposal.subjectId);
  if (!prepared.ok)
    throw new SentinelError("conflict", { detail: `The operation is no longer on the allow-list: ${prepared.reason}` });
  const { incidentId, subjectId } = proposal;
  await record(db, done(now, by, "operation.dry_run", "service", subjectId, { incident: incidentId, entry }));
  const { ok, detail, result } = await operator.dryRun(prepared.value);
  return { ok, detail, result };
}
