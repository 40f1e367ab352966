import type { IncidentState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import {
  type Approval,
  findApprovalOf,
  findProposal,
  listActionRunsOf,
  listPendingApprovals,
  listProposalsOf,
} from "@/lib/db/queries/healing";
import { getIncident, type Incident, listTimeline } from "@/lib/db/queries/incidents";
import { agentRow, approvalRow, incidentRow, insert, NOW, proposalRow } from "@/lib/db/queries/test-world";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "./actor";
import { decide, type Decision } from "./decide";

export const ANA: Actor = { id: "usr-ana", name: "Ana" };
export const BO: Actor = { id: "usr-bo", name: "Bo" };

let cases = 0;

export interface Waiting {
  incident: string;
  proposal: string;
  approval: string;
  agent: string;
  digest: string;
}

/** A held agent whose incident waits for a person's decision on one proposal; each has ids of its own. */
export async function waiting(
  db: Db,
  of: {
    incident?: Partial<Incident>;
    proposal?: Partial<Parameters<typeof proposalRow>[3]>;
    approval?: Partial<Parameters<typeof approvalRow>[2]>;
    agent?: Partial<Parameters<typeof agentRow>[1]>;
  } = {},
): Promise<Waiting> {
  const n = ++cases;
  const [incident, proposal, approval, agent] = [`inc-${n}`, `p-${n}`, `apr-${n}`, `agent-${n}`] as const;
  const row = proposalRow(proposal, incident, agent, of.proposal);
  await insert(db, "agents", [
    agentRow(agent, { state: "quarantined", stateVersion: 1, incidentId: incident, ...of.agent }),
  ]);
  await insert(db, "incidents", [incidentRow(incident, of.incident)]);
  await insert(db, "incidentSubjects", [
    { incidentId: incident, subjectKind: "agent", subjectId: agent, role: "primary" },
  ]);
  await insert(db, "proposals", [row]);
  await insert(db, "approvals", [approvalRow(approval, row, of.approval)]);
  return { incident, proposal, approval, agent, digest: row.digest };
}

/** How the parts of it are by now. */
export const standing = async (db: Db, { incident, proposal }: Waiting) => ({
  incident: (await getIncident(db, incident)).state,
  proposal: (await findProposal(db, proposal))?.state,
  approval: (await findApprovalOf(db, proposal))?.state,
});

export const proposalsOf = (db: Db, { incident }: Waiting) => listProposalsOf(db, incident);
export const runsOf = (db: Db, { incident }: Waiting) => listActionRunsOf(db, incident);
export const toldOf = async (db: Db, { incident }: Waiting) =>
  (await listTimeline(db, incident)).map(({ type }) => type);

/** The words of a refusal, with its kind; null for what was done. */
export async function refusalOf(asked: Promise<unknown>): Promise<string | null> {
  try {
    await asked;
    return null;
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

/** How many of a list were done, where each of the others was refused. */
export async function doneOf(asked: Promise<unknown>[]): Promise<number> {
  return (await Promise.all(asked.map(refusalOf))).filter((refusal) => refusal === null).length;
}

export const OPEN: readonly IncidentState[] = [
  "open",
  "investigating",
  "awaiting_approval",
  "acting",
  "verifying",
  "rejected",
  "escalated",
];
export const LONG_AGO = NOW - 3_600_000;

/** A person decides on the one approval that waits, of an incident or at all, as it is shown. Throws unless there is just one. */
export async function decideOnly(
  db: Db,
  decision: Decision["decision"],
  by: Actor,
  now: number,
  incidentId?: string,
): Promise<Approval> {
  const [approval, ...more] = await listPendingApprovals(db, incidentId);
  if (!approval || more.length > 0) throw new Error(`${approval ? more.length + 1 : 0} approvals wait, not one`);
  await decide(db, approval.id, { decision, digest: approval.digest, evidenceOpened: true }, by, now);
  return approval;
}
