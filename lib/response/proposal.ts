import { canMoveIncident, moveIncident, type Mover } from "@/lib/core/base/lifecycle";
import type { IncidentState } from "@/lib/core/base/vocabulary";
import type { PolicyDecision } from "@/lib/core/base/policy";
import { actionName } from "@/lib/core/agents/words";
import type { Db, Statement } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { type Approval, findApprovalOf, type Proposal, proposalClaim } from "@/lib/db/queries/healing";
import { getIncident, type Incident, incidentClaim } from "@/lib/db/queries/incidents";
import { type actionRuns, approvals, changes, proposals } from "@/lib/db/schema";
import type { Actor } from "./actor";
import { digestOf, newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";

/** What a proposal is, whether it is about an agent or a service: what it is bound to, who allowed it, how it ends unused. */

/** Whom an event about a proposal or an approval is about. */
export const aboutOf = ({ subjectKind, subjectId }: Pick<Approval, "subjectKind" | "subjectId">) =>
  subjectKind === "agent" ? { agentId: subjectId } : { serviceId: subjectId };

/** What an approval is bound to. A digest of it is what a person signs. */
export const proposalDigest = (
  p: Pick<
    Proposal,
    "id" | "incidentId" | "subjectKind" | "subjectId" | "action" | "args" | "targetVersion" | "considered"
  >,
  cites: readonly string[],
): string =>
  digestOf({
    proposal: p.id,
    incident: p.incidentId,
    [p.subjectKind]: p.subjectId,
    action: p.action,
    args: p.args,
    // What exactly runs: the allow-list may change between asking and acting.
    ...(p.subjectKind === "service" ? { operation: p.considered?.operation ?? null } : {}),
    target: p.targetVersion,
    cites: [...cites].toSorted(),
  });

/** How a proposal begins, by what policy says of it. */
const STATE_OF: Record<PolicyDecision["kind"], Proposal["state"]> = {
  run: "approved",
  ask: "pending",
  record: "proposed",
  refuse: "void",
};

/** A proposal as its subject's driver makes it, before policy has judged it. */
export type Draft = Omit<
  Proposal,
  "id" | "incidentId" | "state" | "severity" | "policy" | "digest" | "createdAt" | "expiresAt"
>;

export interface JudgedDraft {
  draft: Draft;
  verdict: PolicyDecision;
  /** Ids of the findings that it rests on. */
  cites: readonly string[];
  /** The action and what it is done to, for people. */
  name: string;
  /** How long a person may take to decide, in ms. */
  approvalTtlMs: number;
  /** What becomes of the incident where nothing may be done (mode observe). */
  observed: Pick<Incident, "state" | "wouldHave">;
  /** What else is known of the incident now. */
  set?: Partial<Incident>;
}

/** Plans what comes of a proposal by policy: it will run, a person is asked, it is only recorded, or it is refused and a person needed. */
export function planProposal(plan: Plan, db: Db, incident: Incident, judged: JudgedDraft, now: number): void {
  const { draft, verdict, name } = judged;
  const row: Proposal = {
    ...draft,
    id: newId("pro"),
    incidentId: incident.id,
    state: STATE_OF[verdict.kind],
    severity: incident.severity,
    policy: verdict.kind,
    reason: verdict.kind === "run" ? draft.reason : verdict.reason,
    digest: "",
    createdAt: now,
    expiresAt: verdict.kind === "ask" ? now + judged.approvalTtlMs : null,
  };
  row.digest = proposalDigest(row, judged.cites);
  plan.write(db.insert(proposals).values(row));
  const end = (
    set: Partial<Incident>,
    type: "proposal.allowed" | "proposal.recorded" | "proposal.refused" | "approval.requested",
    text: string,
    page = false,
  ) =>
    plan.claim(incidentClaim(db, incident, { ...judged.set, ...set })).tell({
      at: now,
      type,
      ...aboutOf(row),
      incidentId: incident.id,
      text,
      data: { proposal: row.id, action: row.action, rung: row.rung, ...(page ? { page } : {}) },
    });
  const to = (state: IncidentState) => ({ state: moveIncident(incident.state, state) });
  switch (verdict.kind) {
    case "run":
      end(to("acting"), "proposal.allowed", `${name} will run: allowed by policy below the threshold`);
      return;
    case "ask":
      plan.write(requestApproval(db, row));
      end(to("awaiting_approval"), "approval.requested", `Approval requested: ${name}; ${verdict.reason}`, true);
      return;
    case "record":
      end(
        judged.observed,
        "proposal.recorded",
        `Observe mode: nothing was done to ${row.subjectId}; ${verdict.reason}`,
      );
      return;
    case "refuse":
      end(to("escalated"), "proposal.refused", `${name} was refused: ${verdict.reason}`, true);
  }
}

/** The question to a person about a proposal. Throws when it has no end: nobody may be asked for ever. */
function requestApproval(db: Db, proposal: Proposal): Statement {
  if (proposal.expiresAt === null) throw new Error(`Proposal ${proposal.id} has no expiry`);
  return approvalRow(db, proposal, {
    state: "pending",
    requestedAt: proposal.createdAt,
    expiresAt: proposal.expiresAt,
  });
}

const approvalRow = (
  db: Db,
  { id, incidentId, subjectKind, subjectId, digest }: Proposal,
  rest: Omit<
    typeof approvals.$inferInsert,
    "id" | "proposalId" | "incidentId" | "subjectKind" | "subjectId" | "digest"
  >,
): Statement =>
  db
    .insert(approvals)
    .values({ id: newId("apr"), proposalId: id, incidentId, subjectKind, subjectId, digest, ...rest });

/** The approval of a proposal that a person makes themselves: it is decided as it is made. */
export const approvedBy = (db: Db, proposal: Proposal, by: Actor, comment: string | null, now: number): Statement =>
  approvalRow(db, proposal, {
    state: "approved",
    requestedAt: now,
    expiresAt: now,
    decidedAt: now,
    decidedBy: by.id,
    decidedByName: by.name,
    comment,
    evidenceOpened: true,
  });

/** What was done for a subject, in the log of changes. `taken`: no baseline has to learn of it. */
export const healingChange = (
  db: Db,
  { subjectKind, subjectId }: Pick<Proposal, "subjectKind" | "subjectId">,
  done: { note: string; by: string; at: number; taken: boolean },
  now: number,
): Statement =>
  db.insert(changes).values({
    id: newId("chg"),
    subjectKind,
    subjectId,
    kind: "healing",
    at: done.at,
    declared: true,
    note: done.note,
    source: done.by,
    status: "declared",
    createdAt: now,
    takenAt: done.taken ? now : null,
  });

/** Policy let it run, or a person approved it: the approval says who. Throws for one that nobody allowed. */
export async function allowedBy(db: Db, proposal: Proposal): Promise<{ name: string; mover: Mover }> {
  if (proposal.policy === "run") return { name: "sentinel", mover: "system" };
  const approval = await findApprovalOf(db, proposal.id);
  if (approval?.state !== "approved") throw new Error(`Proposal ${proposal.id} was never approved`);
  return { name: approval.decidedByName ?? "a person", mover: "person" };
}

/** The row of a run that begins now. A proposal runs once: its id is the key. */
export const startedRun = (proposal: Proposal, by: string, now: number) =>
  ({
    id: newId("act"),
    idempotencyKey: proposal.id,
    proposalId: proposal.id,
    incidentId: proposal.incidentId,
    subjectKind: proposal.subjectKind,
    subjectId: proposal.subjectId,
    action: proposal.action,
    args: proposal.args,
    by,
    why: proposal.reason,
    state: "started",
    startedAt: now,
  }) satisfies typeof actionRuns.$inferInsert;

/** What came of an approved proposal whose turn it is. */
export type Acted =
  | { kind: "begun"; runId: string }
  | { kind: "void"; reason: string }
  | { kind: "waiting" }
  | { kind: "lost" };

/** Ends an approved proposal that may not run any more, says why, and lets its incident look for another. */
export async function voidProposal(db: Db, proposal: Proposal, reason: string, now: number): Promise<Acted> {
  const incident = await getIncident(db, proposal.incidentId);
  const plan = new Plan().claim(proposalClaim(db, proposal.id, "approved", "void")).tell({
    at: now,
    type: "proposal.void",
    ...aboutOf(proposal),
    incidentId: proposal.incidentId,
    text: `${actionName(proposal)} was not run: ${reason}`,
  });
  if (canMoveIncident(incident.state, "investigating"))
    plan.claim(incidentClaim(db, incident, { state: "investigating" }));
  await commit(db, plan);
  return { kind: "void", reason };
}
