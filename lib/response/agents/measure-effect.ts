import { z } from "zod";
import { revokeTools } from "@/lib/actions/revoke-tools";
import { actionName } from "@/lib/core/agents/words";
import { containment } from "@/lib/core/agents/containment";
import { canMoveIncident, move } from "@/lib/core/base/lifecycle";
import { masks } from "@/lib/core/evidence/masking";
import { type Judgement, judgeProbation, type Probation, startProbation, watched } from "@/lib/core/agents/probation";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { type Agent, getAgent, listInstances } from "@/lib/db/queries/agents";
import { countRunEnds } from "@/lib/db/queries/run-ends";
import { acknowledgeClaim, type AgentRun } from "@/lib/db/queries/healing";
import { getIncident, incidentClaim, listAnomaliesOf } from "@/lib/db/queries/incidents";
import type { Verdict } from "../driver";
import { carryOut } from "./carry-out";
import type { LoopConfig } from "@/lib/config/agents";
import { detectorOf } from "./detector";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { peersOf } from "./peers";
import { Plan } from "@/lib/db/plan";

const RevokedTools = revokeTools.input(z);

/** A started action with no result after this was cut off by a crash; it is picked up again, in ms. */
const CUT_OFF_MS = 5_000;

export interface MeasureContext {
  db: Db;
  now: number;
  config: LoopConfig;
}

/** Whether an agent is still in the hands of an action: a person may have moved it meanwhile. */
export const isUnderAction = ({ state }: Agent): boolean => state === "healing" || state === "probation";

/** Moves a run one step on: resumes what a crash cut off, waits for the acknowledgement, measures on fresh vitals. */
export async function measureEffect(ctx: MeasureContext, run: AgentRun): Promise<Verdict | null> {
  const { db, now, config } = ctx;
  switch (run.state) {
    case "started":
      // A directive is issued once for a run, so carrying it out again cannot do it twice.
      if (now - run.startedAt > CUT_OFF_MS) await carryOut(db, run, now);
      return null;
    case "failed":
      return inconclusive(run.detail ?? "it could not be carried out");
    case "cannot_tell":
    case "done":
      break;
  }
  const agent = await getAgent(db, run.subjectId);
  if (!isUnderAction(agent))
    return inconclusive(`the agent was set to ${agent.state} manually before this could be measured`);
  if (run.acknowledgedAt === null) {
    if (agent.cannot.includes(run.action))
      return { ...inconclusive("an instance reported that it cannot do this"), state: "failed" };
    if (await acknowledged(ctx, run, agent)) return null;
    const waited = now - (run.endedAt ?? run.startedAt);
    return waited > config.ackTimeoutMs ? inconclusive("no live instance applied it in time") : null;
  }
  if (!run.probation) return null;
  const { kind, reason, evidence } = await judgement(db, agent, run, run.probation, run.acknowledgedAt);
  const measured = evidence.map(finite);
  if (kind !== "pending") return { outcome: kind, reason, verification: { reason, evidence: measured } };
  if (now - run.acknowledgedAt <= config.probationMs) return null;
  const late = `too few samples within ${Math.round(config.probationMs / 60_000)} min: ${reason}`;
  return { outcome: "cannot_tell", reason: late, verification: { reason: late, evidence: measured } };
}

const inconclusive = (reason: string): Verdict => ({ outcome: "cannot_tell", reason, verification: { reason } });

/** What the vitals say, and where they cannot tell a cure from a cover, what the runs say. */
async function judgement(db: Db, agent: Agent, run: AgentRun, probation: Probation, since: number): Promise<Judgement> {
  const verdict = judgeProbation(probation, await peersOf(db, agent, run));
  if (verdict.kind !== "recovered") return verdict;
  const incident = await getIncident(db, run.incidentId);
  const masked = masks(run.action, incident.diagnosis, await countRunEnds(db, agent.id, since));
  switch (masked.kind) {
    case "no":
      return verdict;
    case "yes":
      return { ...verdict, kind: "no_effect", reason: masked.reason };
    case "pending":
      return { ...verdict, kind: "pending", reason: masked.reason };
  }
}

/** JSON has no NaN: a mean over nothing is unknown. */
const finite = <T extends object>(row: T) =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === "number" && !Number.isFinite(value) ? null : value,
    ]),
  );

/** Probation begins when every live instance applied the directive of the action. */
async function acknowledged({ db, now, config }: MeasureContext, run: AgentRun, agent: Agent): Promise<boolean> {
  if (run.directiveVersion !== null) {
    const watchedId = typeof run.args.successor === "string" ? run.args.successor : agent.id;
    const instances = (await listInstances(db, [watchedId])).map((i) => ({
      id: i.instanceId,
      live: i.lastSeenAt >= now - config.instanceLiveMs,
      appliedVersion: i.appliedVersion,
      enforcedVersion: i.enforcedVersion,
    }));
    // A successor acknowledges by being there.
    const version = watchedId === agent.id ? run.directiveVersion : 1;
    const got = containment(
      { version, sentAt: run.startedAt, enforcement: true },
      instances,
      now,
      Number.POSITIVE_INFINITY,
    );
    const ready = watchedId === agent.id ? got.live > 0 && got.acknowledged === got.live : got.live > 0;
    if (!ready) return false;
  }
  const incident = await getIncident(db, run.incidentId);
  const detector = await detectorOf(db, agent);
  const anomalies = (await listAnomaliesOf(db, incident.id))
    .filter((row) => row.verdict !== "watch")
    .map((row) => row.evidence);
  const revoked = run.action === "revoke_tools" ? RevokedTools.parse(run.args).tools : [];
  const probation = startProbation(detector.state, watched(anomalies), config.probationSamples, revoked);
  const plan = new Plan()
    .claim(
      acknowledgeClaim(db, run.id, { acknowledgedAt: now, probation }),
      agentClaim(agent, { state: move(agent.state, "probation", "system") }, now),
    )
    .tell({
      at: now,
      type: "action.acknowledged",
      agentId: agent.id,
      incidentId: incident.id,
      text: `${actionName(run)} applied by ${agent.id}; its effect is being measured on fresh vitals`,
      data: { run: run.id },
    });
  if (canMoveIncident(incident.state, "verifying")) plan.claim(incidentClaim(db, incident, { state: "verifying" }));
  return (await commit(db, plan)) !== null;
}
