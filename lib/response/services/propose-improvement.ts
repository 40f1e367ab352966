import { prepare } from "@/lib/actions/service/index";
import { SENTINEL } from "@/lib/actions/service/improvement";
import { IMPROVEMENT } from "@/lib/actions/service/allow-list-file";
import { decide as policyOf, DEFAULT_TYPE_ALLOWS } from "@/lib/core/base/policy";
import { type Db, write } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";
import { listProposalsOf, type Proposal } from "@/lib/db/queries/healing";
import { findLatestByCause, IMPROVEMENT_CAUSE, type Incident } from "@/lib/db/queries/incidents";
import { addServices } from "@/lib/db/queries/incident-writes";
import { enterService, getService } from "@/lib/db/queries/services";
import { loadSettings } from "@/lib/db/queries/settings";
import { findings, incidents } from "@/lib/db/schema";
import { SentinelError } from "@/lib/errors";
import { planProposal } from "../proposal";
import { operationText } from "./operation-text";
import type { ServiceContext } from "./context";

/** Nobody is harmed while it waits: as grave as an alert for information. */
const SEVERITY = 2;
/** A change that was proposed is not proposed again for so long, whatever people made of it, in ms: the cases will not have changed. */
const AGAIN_MS = 30 * 86_400_000;

/** What is proposed, with its evidence. */
export interface Improvement {
  /** What names it among the declared changes. */
  change: string;
  /** What was measured, a line each, for people and for the pull request. */
  lines: readonly string[];
  /** That the gain is no accident, 0 to 1. */
  confidence: number;
}

/**
 * Proposes a declared change of Sentinel as an act on the service `sentinel`, in an incident of its own: policy lets it run, asks a person,
 * only records it, or refuses. `known`: it was proposed before and waits, or was decided less than 30 days ago. Throws `conflict`
 * for a change that the allow-list does not know.
 */
export async function proposeImprovement(
  { db, allowList, config, clock }: Pick<ServiceContext, "db" | "allowList" | "config" | "clock">,
  { change, lines, confidence }: Improvement,
): Promise<{ kind: "proposed" | "known"; incident: string; proposal: Proposal }> {
  const now = clock();
  const prepared = prepare(allowList, IMPROVEMENT, { change }, SENTINEL);
  if (!prepared.ok) throw new SentinelError("conflict", { detail: `${change} cannot be proposed: ${prepared.reason}` });
  const causeKey = `${IMPROVEMENT_CAUSE}${change}`;
  const before = await findLatestByCause(db, causeKey);
  if (before !== null && (before.closedAt === null || now - before.openedAt < AGAIN_MS))
    return { kind: "known", incident: before.id, proposal: await proposalOf(db, before.id) };

  await write(db, [enterService(db, SENTINEL, "improve", now)]);
  const [service, settings] = await Promise.all([getService(db, SENTINEL), loadSettings(db)]);
  const { runs, entry, risk, reversible, blastRadius, kind, args } = prepared.value;
  const title = `${SENTINEL}: ${change} scores higher on the evaluation cases`;
  const opened = { state: "investigating", title, severity: SEVERITY, mode: settings.service_mode, causeKey } as const;
  const incident = { ...NEW, id: newId("inc"), kind: "service", ...opened, onsetAt: now, openedAt: now } as const satisfies Incident;
  const found = lines.map((text) => ({ id: newId("fnd"), incidentId: incident.id, kind: "state" as const, title: text, source: "evaluation", detail: {}, at: now }));
  const plan = new Plan()
    .claim(db.insert(incidents).values(incident))
    .write(addServices(incident.id, [SENTINEL], SENTINEL), ...(found.length === 0 ? [] : [db.insert(findings).values(found)]))
    .tell({ at: now, type: "incident.opened", serviceId: SENTINEL, incidentId: incident.id, text: title, data: { severity: SEVERITY, mode: incident.mode } });
  const verdict = policyOf({
    mode: incident.mode,
    globalStop: settings.global_stop,
    severity: SEVERITY,
    threshold: settings.threshold,
    risk,
    action: IMPROVEMENT,
    typeAllows: DEFAULT_TYPE_ALLOWS,
    // Nothing is wrong: the change only improves scores.
    diagnosis: "no_fault",
    argumentsFromUntrustedText: false,
    confidence,
    limited: null,
  });
  planProposal(plan, db, incident, {
    draft: {
      subjectKind: "service",
      subjectId: SENTINEL,
      action: kind,
      args: { ...args, entry: IMPROVEMENT },
      rung: 0,
      risk,
      reversible,
      blastRadius,
      expected: lines[0] ?? title,
      skipped: [],
      reason: lines[0] ?? title,
      targetVersion: service.stateVersion,
      considered: { rivals: [], untrusted: [], operation: operationText(prepared.value, null) },
    },
    verdict,
    cites: found.map(({ id }) => id),
    name: `${entry.title} (${change})`,
    approvalTtlMs: config.approvalTtlMs,
    observed: { state: "escalated", wouldHave: `opened a pull request on ${"repo" in runs ? `${runs.owner}/${runs.repo}` : "the repository"}` },
  }, now);
  if ((await commit(db, plan)) === null) throw new SentinelError("conflict", { detail: `${change} has already been proposed` });
  return { kind: "proposed", incident: incident.id, proposal: await proposalOf(db, incident.id) };
} // prettier-ignore

/** The one proposal of such an incident: it is written with it. */
async function proposalOf(db: Db, incident: string): Promise<Proposal> {
  const [proposal] = await listProposalsOf(db, incident);
  if (proposal === undefined) throw new Error(`Incident ${incident} proposes a change and has no proposal`);
  return proposal;
}

const NEW = {
  stateVersion: 0,
  diagnosis: null,
  confidence: null,
  causeNode: null,
  causeKind: null,
  lastAlertAt: null,
  previousIncidentId: null,
  holdsAllowed: 0,
  containedAt: null,
  healedAt: null,
  closedAt: null,
  acknowledgedAt: null,
  acknowledgedBy: null,
  assigneeId: null,
  assigneeName: null,
  snoozedUntil: null,
  outcome: null,
  wouldHave: null,
  // Nothing was wrong that could have been handled well.
  holdRight: null,
  holdRightBy: null,
  scoreDue: false,
};
