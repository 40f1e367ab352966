import type { Investigation } from "@/lib/agents/investigation/investigate";
import type { Offer } from "@/lib/core/services/allow-list";
import { offersFor, prepare } from "@/lib/actions/service/index";
import type { Prepared } from "@/lib/actions/service/operation";
import type { CauseHypothesis } from "@/lib/core/evidence/bundle";
import type { CauseKind } from "@/lib/core/base/vocabulary";
import { actTitle } from "@/lib/core/base/act-title";
import { moveIncident } from "@/lib/core/base/lifecycle";
import { decide as policyOf, DEFAULT_TYPE_ALLOWS } from "@/lib/core/base/policy";
import { listActionRunsOf } from "@/lib/db/queries/healing";
import { type Incident, incidentClaim } from "@/lib/db/queries/incidents";
import { findService, type Service } from "@/lib/db/queries/services";
import { loadSettings } from "@/lib/db/queries/settings";
import type { Plan } from "@/lib/db/plan";
import { type Draft, planProposal } from "../proposal";
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

interface Cause {
  causeNode: string | null;
  causeKind: CauseKind | "no_fault" | "unknown";
  confidence: number | null;
}

/**
 * What comes of an investigation: an operation that policy lets run, one that a person is asked for, or a person who is
 * asked to look. An argument in which somebody's text had a hand always asks, and says where it stands.
 */
export async function planRemedy(
  plan: Plan,
  ctx: ServiceContext,
  incident: Incident,
  done: Investigation,
  cites: readonly string[],
  cause: Cause,
): Promise<void> {
  const { db } = ctx;
  const now = ctx.clock();
  const { proposal: chosen, why } = done.remedy;
  const handOver = (
    type: "incident.no_fault" | "incident.escalated" | "proposal.refused",
    text: string,
    page = true,
  ): void => {
    plan.claim(incidentClaim(db, incident, { state: moveIncident(incident.state, "escalated"), ...cause })).tell({
      at: now,
      type,
      incidentId: incident.id,
      serviceId: chosen?.offer.target ?? cause.causeNode,
      text,
      data: page ? { page } : {},
    });
  };
  if (done.verdict === "no_fault")
    return handOver(
      "incident.no_fault",
      `No fault was found: ${why}. A person has to confirm whether it has ended`,
      false,
    );
  if (chosen === null) return handOver("incident.escalated", `Needs attention: no operation is proposed: ${why}`);
  const { offer, args } = chosen;
  const prepared = prepare(ctx.allowList, offer.action, args, offer.target);
  if (!prepared.ok) return handOver("proposal.refused", `${offer.action} was refused: ${prepared.reason}`);
  const [service, settings] = await Promise.all([findService(db, offer.target), loadSettings(db)]);
  if (service === null)
    return handOver("proposal.refused", `${offer.action} was refused: ${offer.target} is not known`);
  const verdict = policyOf({
    mode: incident.mode,
    globalStop: settings.global_stop,
    severity: incident.severity,
    threshold: settings.threshold,
    risk: prepared.value.risk,
    action: offer.action,
    typeAllows: DEFAULT_TYPE_ALLOWS,
    diagnosis: cause.causeKind,
    argumentsFromUntrustedText: chosen.fromUntrustedText.length > 0,
    confidence: cause.confidence ?? 0,
    limited: null,
  });
  const name = actTitle(prepared.value.entry.title, offer.target);
  const judged = {
    draft: draftOf(done, chosen, prepared.value, service),
    verdict,
    cites,
    name,
    approvalTtlMs: ctx.config.approvalTtlMs,
    observed: {
      state: moveIncident(incident.state, "escalated"),
      wouldHave: `run ${name}`,
    },
    set: cause,
  };
  planProposal(plan, db, incident, judged, now);
}

const draftOf = (
  { hypotheses, remedy }: Investigation,
  { offer, args, fromUntrustedText, why }: NonNullable<Investigation["remedy"]["proposal"]>,
  prepared: Prepared,
  service: Service,
): Draft => ({
  subjectKind: "service",
  subjectId: offer.target,
  action: prepared.kind,
  args: { ...args, entry: offer.action },
  rung: 0,
  risk: prepared.risk,
  reversible: prepared.reversible,
  blastRadius: prepared.blastRadius,
  expected: offer.reason,
  skipped: remedy.considered.map(({ offer: other, why: reason }) => ({ action: other.action, reason })),
  reason: why,
  targetVersion: service.stateVersion,
  considered: {
    rivals: hypotheses.slice(1, 3).map((rival) => ({ action: rival.node ?? rival.kind, why: rival.statement })),
    untrusted: fromUntrustedText.map(({ arg, source, line }) => ({
      argument: arg,
      source: source ?? "a model that had read untrusted text",
      line: line ?? "",
    })),
    operation: operationText(prepared, offer.undo ?? null),
  },
});
