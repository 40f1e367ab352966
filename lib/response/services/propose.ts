import type { Investigation } from "@/lib/agents/investigation/investigate";
import type { Offer } from "@/lib/core/services/allow-list";
import { offersFor, prepare } from "@/lib/actions/service/index";
import type { CauseHypothesis } from "@/lib/core/evidence/bundle";
import type { CauseKind } from "@/lib/core/base/vocabulary";
import { canMoveIncident, moveIncident } from "@/lib/core/base/lifecycle";
import { decide as policyOf, DEFAULT_TYPE_ALLOWS } from "@/lib/core/base/policy";
import { listActionRunsOf, type Proposal } from "@/lib/db/queries/healing";
import { type Incident, incidentClaim } from "@/lib/db/queries/incidents";
import { findService } from "@/lib/db/queries/services";
import { loadSettings } from "@/lib/db/queries/settings";
import { proposals } from "@/lib/db/schema";
import { newId } from "@/lib/db/ids";
import type { Plan } from "@/lib/db/plan";
import { proposalDigest, requestApproval, STATE_OF } from "../proposal";
import { operationText } from "./operation-text";
import type { ServiceContext } from "./context";

/** Allow-listed operations that suit a cause and were not tried in this incident without success. */
export async function offersOf(ctx: ServiceContext, incident: Incident, cause: CauseHypothesis): Promise<Offer[]> {
  if (cause.node === null || cause.kind === "no_fault" || cause.kind === "unknown") return [];
  const tried = new Set(
    (await listActionRunsOf(ctx.db, incident.id)).map((run) => `${String(run.args["entry"])} ${run.subjectId}`),
  );
  return offersFor(ctx.allowList, cause.node, cause.kind).filter(
    ({ action, target }) => !tried.has(`${action} ${target}`),
  );
}

/** What an investigation can end in. */
type Ending =
  | "incident.no_fault"
  | "incident.escalated"
  | "proposal.allowed"
  | "proposal.recorded"
  | "proposal.refused"
  | "approval.requested";

interface Cause {
  causeNode: string | null;
  causeKind: CauseKind | "no_fault" | "unknown";
  confidence: number | null;
}

/**
 * What comes of an investigation: an operation that policy lets run, one that a person is asked for, or a person who is
 * asked to look. An argument in which somebody's text had a hand always asks, and says where it stands.
 */
export async function planProposal(
  plan: Plan,
  ctx: ServiceContext,
  incident: Incident,
  done: Investigation,
  cites: readonly string[],
  cause: Cause,
): Promise<void> {
  const { db } = ctx;
  const now = ctx.clock();
  const { proposal: chosen, why, considered } = done.remedy;
  const end = (state: Incident["state"], type: Ending, text: string, page: boolean, more: Partial<Incident> = {}) => {
    plan.claim(incidentClaim(db, incident, { state: moveIncident(incident.state, state), ...cause, ...more })).tell({
      at: now,
      type,
      incidentId: incident.id,
      serviceId: chosen?.offer.target ?? cause.causeNode,
      text,
      data: page ? { page } : {},
    });
  };
  if (done.verdict === "no_fault")
    return end(
      "escalated",
      "incident.no_fault",
      `No fault was found: ${why}. A person has to confirm whether it has ended`,
      false,
    );
  if (chosen === null)
    return end("escalated", "incident.escalated", `No operation is proposed: ${why}. A person is needed`, true);

  const { offer, args, fromUntrustedText: untrusted } = chosen;
  const prepared = prepare(ctx.allowList, offer.action, args, offer.target);
  if (!prepared.ok)
    return end("escalated", "proposal.refused", `${offer.action} was refused: ${prepared.reason}`, true);
  const [service, settings] = await Promise.all([findService(db, offer.target), loadSettings(db)]);
  if (service === null)
    return end("escalated", "proposal.refused", `${offer.action} was refused: ${offer.target} is not known`, true);
  const { entry, risk, reversible, blastRadius, kind } = prepared.value;
  const verdict = policyOf({
    mode: incident.mode,
    globalStop: settings.global_stop,
    severity: incident.severity,
    threshold: settings.threshold,
    risk,
    action: offer.action,
    typeAllows: DEFAULT_TYPE_ALLOWS,
    diagnosis: cause.causeKind,
    argumentsFromUntrustedText: untrusted.length > 0,
    confidence: cause.confidence ?? 0,
  });
  const row: Proposal = {
    id: newId("pro"),
    incidentId: incident.id,
    subjectKind: "service",
    subjectId: offer.target,
    action: kind,
    args: { ...args, entry: offer.action },
    state: STATE_OF[verdict.kind],
    rung: 0,
    risk,
    reversible,
    blastRadius,
    expected: offer.reason,
    skipped: considered.map(({ offer: other, why: reason }) => ({ action: other.action, reason })),
    severity: incident.severity,
    policy: verdict.kind,
    reason: verdict.kind === "run" ? chosen.why : verdict.reason,
    digest: "",
    targetVersion: service.stateVersion,
    considered: {
      rivals: done.hypotheses.slice(1, 3).map((rival) => ({ action: rival.node ?? rival.kind, why: rival.statement })),
      untrusted: untrusted.map(({ arg, source, line }) => ({
        argument: arg,
        source: source ?? "a model that had read untrusted text",
        line: line ?? "",
      })),
      operation: operationText(prepared.value, offer.undo ?? null),
    },
    createdAt: now,
    expiresAt: verdict.kind === "ask" ? now + ctx.config.approvalTtlMs : null,
  };
  row.digest = proposalDigest(row, cites);
  plan.write(db.insert(proposals).values(row));
  const name = `${entry.title} on ${offer.target}`;
  switch (verdict.kind) {
    case "run":
      return end("acting", "proposal.allowed", `${name} will run: allowed by policy below the threshold`, false);
    case "ask":
      plan.write(requestApproval(db, row));
      return end("awaiting_approval", "approval.requested", `Approval requested: ${name}. ${verdict.reason}`, true);
    case "record":
      return end("escalated", "proposal.recorded", `Nothing was done (observe mode): ${verdict.reason}`, false, {
        wouldHave: `${name}: ${verdict.reason}`,
      });
    case "refuse":
      if (canMoveIncident(incident.state, "escalated"))
        return end("escalated", "proposal.refused", `${name} was refused: ${verdict.reason}`, true);
  }
}
