import { ACTIONS } from "@/lib/actions/index";
import { actionName } from "@/lib/core/agents/words";
import { containment } from "@/lib/core/agents/containment";
import { canMoveIncident, move } from "@/lib/core/base/lifecycle";
import { masks } from "@/lib/core/evidence/masking";
import { type Judgement, judgeProbation, type Probation, startProbation, watched } from "@/lib/core/agents/probation";
import { type Outcome } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { type Agent, findDirective, getAgent, listInstances } from "@/lib/db/queries/agents";
import { countRunEnds } from "@/lib/db/queries/run-ends";
import { acknowledgeClaim, type AgentRun, judgeClaim, listUnjudged } from "@/lib/db/queries/healing";
import { getIncident, incidentClaim, listAnomaliesOf } from "@/lib/db/queries/incidents";
import { log } from "@/lib/log";
import { carryOut } from "./act";
import type { LoopConfig } from "@/lib/config/agents";
import { detectorOf } from "./detector";
import { contain } from "../contain";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { type DirectivePatch, restrictionsOf } from "./directives";
import { holdSuccessor } from "./hold-successor";
import { peersOf } from "./peers";
import { Plan } from "@/lib/db/plan";
import { close } from "../close";
import { judgedEvent } from "../judged-event";
import { learnEfficacy } from "./learn-efficacy";

/** A started action with no result after this was cut off by a crash; it is picked up again, in ms. */
const CUT_OFF_MS = 5_000;

interface VerifyContext {
  db: Db;
  now: number;
  config: LoopConfig;
}

/** Moves every action that is not judged yet one step on: resumes what a crash cut off, waits for the acknowledgement, measures. */
export async function verify(ctx: VerifyContext): Promise<{ judged: number }> {
  let judged = 0;
  for (const run of await listUnjudged(ctx.db)) {
    try {
      if (await step(ctx, run)) judged += 1;
    } catch (err) {
      log().error({ err, run: run.id }, "could not verify an action");
    }
  }
  return { judged };
}

async function step(ctx: VerifyContext, run: AgentRun): Promise<boolean> {
  const { db, now, config } = ctx;
  switch (run.state) {
    case "started":
      // A directive is issued once for a run, so carrying it out again cannot do it twice.
      if (now - run.startedAt > CUT_OFF_MS) await carryOut(db, run, now);
      return false;
    case "failed":
      return fail(ctx, run, "cannot_tell", run.detail ?? "it could not be carried out", {});
    case "cannot_tell":
    case "done":
      break;
  }
  const agent = await getAgent(db, run.subjectId);
  if (agent.state !== "healing" && agent.state !== "probation") return overtaken(ctx, run, agent);
  if (run.acknowledgedAt === null) {
    if (agent.cannot.includes(run.action))
      return fail(ctx, run, "cannot_tell", "an instance reported that it cannot do this", {}, "failed");
    if (await acknowledged(ctx, run, agent)) return false;
    const waited = now - (run.endedAt ?? run.startedAt);
    if (waited > config.ackTimeoutMs) return fail(ctx, run, "cannot_tell", "no live instance applied it in time", {});
    return false;
  }
  if (!run.probation) return false;
  const verdict = await judgement(db, agent, run, run.probation, run.acknowledgedAt);
  const verification = { reason: verdict.reason, evidence: verdict.evidence.map(finite) };
  switch (verdict.kind) {
    case "recovered":
      return recover(ctx, run, verdict.reason, verification);
    case "no_effect":
    case "worse":
    case "cannot_tell":
      return fail(ctx, run, verdict.kind, verdict.reason, verification);
    case "pending":
      if (now - run.acknowledgedAt <= config.probationMs) return false;
      return fail(
        ctx,
        run,
        "cannot_tell",
        `too few samples within ${Math.round(config.probationMs / 60_000)} min: ${verdict.reason}`,
        verification,
      );
  }
}

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
async function acknowledged({ db, now, config }: VerifyContext, run: AgentRun, agent: Agent): Promise<boolean> {
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
  const probation = startProbation(detector.state, watched(anomalies), config.probationSamples);
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

async function recover(
  { db, now }: VerifyContext,
  run: AgentRun,
  reason: string,
  verification: Record<string, unknown>,
): Promise<boolean> {
  const [agent, incident] = await Promise.all([getAgent(db, run.subjectId), getIncident(db, run.incidentId)]);
  const retired = ACTIONS[run.action].retires === true;
  const outcome = `recovered after ${actionName(run)}: ${reason}`;
  const plan = new Plan()
    .claim(
      judgeClaim(db, run.id, { outcome: "recovered", verification, judgedAt: now }),
      agentClaim(
        agent,
        { state: move(agent.state, "healthy", "system"), incidentId: null, ...(retired ? { retiredAt: now } : {}) },
        now,
      ),
    )
    .write(
      ...(await learnEfficacy(
        db,
        agent,
        { diagnosis: incident.diagnosis ?? "unknown", action: run.action, outcome: "recovered" },
        now,
      )),
    )
    .tell(judgedEvent(run, { outcome: "recovered", reason }, now));
  const closing = {
    state: "resolved",
    outcome,
    healed: true,
    text: `${agent.id} ${outcome}`,
    agentId: agent.id,
    run: { ...run, outcome: "recovered", verification },
  } as const;
  await close(plan, db, incident, closing, now);
  return (await commit(db, plan)) !== null;
}

/** Not cured: undone where it can be, held again, and on to the next rung. */
async function fail(
  ctx: VerifyContext,
  run: AgentRun,
  outcome: Exclude<Outcome, "pending" | "recovered">,
  reason: string,
  verification: Record<string, unknown>,
  state: AgentRun["state"] = run.state,
): Promise<boolean> {
  const { db, now } = ctx;
  const [agent, incident] = await Promise.all([getAgent(db, run.subjectId), getIncident(db, run.incidentId)]);
  if (agent.state !== "healing" && agent.state !== "probation") return overtaken(ctx, run, agent);
  const [undone, current] = await Promise.all([
    restrictionsBefore(db, run),
    findDirective(db, agent.id, agent.directiveVersion),
  ]);
  const plan = new Plan().claim(
    judgeClaim(db, run.id, {
      outcome,
      state,
      verification: { ...verification, reason },
      judgedAt: now,
      undoneAt: undone ? now : null,
    }),
  );
  contain(
    plan,
    db,
    {
      agent,
      current,
      incidentId: run.incidentId,
      reason: `${actionName(run)} did not resolve it`,
      by: "sentinel",
      mover: "system",
      restrictions: undone ?? {},
      forgetRefusals: true,
      told: null,
    },
    now,
  );
  plan
    .write(
      ...(await learnEfficacy(
        db,
        agent,
        { diagnosis: incident.diagnosis ?? "unknown", action: run.action, outcome },
        now,
      )),
    )
    .tell(
      judgedEvent(
        run,
        {
          outcome,
          reason,
          followUp: `${undone ? "Undone; " : ""}${agent.id} is quarantined again`,
          undone: undone !== null,
        },
        now,
      ),
    );
  if (canMoveIncident(incident.state, "investigating"))
    plan.claim(incidentClaim(db, incident, { state: "investigating" }));
  await holdSuccessor(plan, db, run, now);
  return (await commit(db, plan)) !== null;
}

/** The restrictions that an agent had before an action that can be undone; null where it cannot be. */
async function restrictionsBefore(db: Db, run: AgentRun): Promise<DirectivePatch | null> {
  if (run.directiveVersion === null || ACTIONS[run.action].undo !== "former_directive") return null;
  return restrictionsOf(
    run.directiveVersion > 1 ? await findDirective(db, run.subjectId, run.directiveVersion - 1) : null,
  );
}

/** A person moved the agent while the action was under way: what came of it cannot be told. */
async function overtaken({ db, now }: VerifyContext, run: AgentRun, agent: Agent): Promise<boolean> {
  const reason = `the agent was moved to ${agent.state} manually before this could be measured`;
  const won = await commit(db, {
    claims: [judgeClaim(db, run.id, { outcome: "cannot_tell", verification: { reason }, judgedAt: now })],
    events: [judgedEvent(run, { outcome: "cannot_tell", reason }, now)],
  });
  return won !== null;
}
