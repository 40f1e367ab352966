import type { Prepared } from "@/lib/actions/action";
import { ACTIONS } from "@/lib/actions/index";
import { blastRadiusOf, prepareAction } from "@/lib/actions/perform";
import { type DiagnoseInput, promptChanged, suspectTools } from "@/lib/core/agents/diagnose";
import { type NextRung, nextRung } from "@/lib/core/agents/ladder";
import { actionName } from "@/lib/core/agents/words";
import { canMove, canMoveIncident, move, moveIncident } from "@/lib/core/base/lifecycle";
import { whyLimited } from "@/lib/core/base/act-hours";
import { decide as policyOf } from "@/lib/core/base/policy";
import { AGENT_ACTIONS, type AgentAction, type Diagnosis } from "@/lib/core/base/vocabulary";
import type { FleetSettings } from "@/lib/contracts/overview";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { type Agent, type DirectiveRow, findDirective, getAgent } from "@/lib/db/queries/agents";
import { listAgentRunsOf, listMemory, type Proposal } from "@/lib/db/queries/healing";
import { type Incident, incidentClaim, listAnomaliesOf, listSubjects } from "@/lib/db/queries/incidents";
import { listDiagnoses } from "@/lib/db/queries/investigations";
import { type Policies, policyOf as typePolicy } from "@/lib/db/queries/settings";
import type { LoopConfig } from "@/lib/config/agents";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { evidence } from "./investigate";
import { Plan } from "@/lib/db/plan";
import { planProposal } from "../proposal";

/** Causes with a smaller share of what the likeliest one leaves open are not acted upon, even when its ladder is used up. */
const MIN_HYPOTHESIS = 0.1;

export interface ProposeContext {
  db: Db;
  now: number;
  config: LoopConfig;
  settings: FleetSettings;
  policies: Policies;
}

/** Takes an investigated incident to its next rung: a proposal that runs, asks or is only recorded; or the end of the ladder. */
export async function propose(ctx: ProposeContext, incident: Incident): Promise<boolean> {
  const { db } = ctx;
  const subjects = await listSubjects(db, incident.id);
  const primary = subjects.find((subject) => subject.role === "primary");
  if (!primary || incident.kind !== "agent")
    return watch(ctx, incident, null, "monitored until it recovers; no action is taken on a shared cause");
  const agent = await getAgent(db, primary.subjectId);
  const { rung, diagnosis, confidence, options } = await choose(ctx, incident, agent);
  switch (rung.kind) {
    case "act": {
      const prepared = options[rung.action];
      if (!prepared.possible) throw new Error(`${rung.action} was chosen but is not possible: ${prepared.reason}`);
      return offer(ctx, incident, agent, { ...rung, diagnosis, confidence, args: prepared.args });
    }
    case "wait":
      return watch(ctx, incident, agent, rung.reason);
    case "notify_and_hold":
      return escalate(ctx, incident, agent, rung.reason, false);
    case "exhausted":
      return escalate(
        ctx,
        incident,
        agent,
        `no action left to try: ${rung.skipped.map(({ action, reason }) => `${action.replaceAll("_", " ")} (${reason})`).join(", ")}`,
        true,
      );
  }
}

interface Choice {
  rung: NextRung;
  diagnosis: Diagnosis;
  confidence: number;
  options: Options;
}

type Options = Record<AgentAction, Prepared<Record<string, unknown>>>;

/** The next rung of the likeliest hypothesis that still has one. */
async function choose(ctx: ProposeContext, incident: Incident, agent: Agent): Promise<Choice> {
  const { db, now } = ctx;
  const [ranked, tried, memory, directive] = await Promise.all([
    listDiagnoses(db, incident.id),
    listAgentRunsOf(db, incident.id),
    listMemory(db, agent.id, agent.type),
    findDirective(db, agent.id, agent.directiveVersion),
  ]);
  const measured = await evidence(db, incident, agent.id, await listAnomaliesOf(db, incident.id));
  const options = optionsOf(agent, directive, measured);
  const base = {
    // What a person did by hand is on no ladder.
    tried: tried.flatMap(({ action, outcome, startedAt }) =>
      action === "manual" ? [] : [{ action, outcome, at: startedAt }],
    ),
    available: options,
    memory,
    promptChanged: promptChanged(measured),
    now,
  };
  const open = 1 - (ranked[0]?.confidence ?? 0);
  const likely = ranked.filter(
    (h, rank) => rank === 0 || (h.confidence >= MIN_HYPOTHESIS * open && h.kind !== "unknown"),
  );
  const choices = likely.map((h) => ({
    rung: nextRung({ ...base, diagnosis: h.kind }),
    diagnosis: h.kind,
    confidence: h.confidence,
    options,
  }));
  const first = choices[0] ?? {
    rung: nextRung({ ...base, diagnosis: "unknown" as const }),
    diagnosis: "unknown" as const,
    confidence: 0,
    options,
  };
  // A ladder that is used up hands over to the next likely cause; every other answer of the likeliest one stands.
  if (first.rung.kind !== "exhausted") return first;
  return choices.find((choice) => choice.rung.kind === "act") ?? first;
}

/** Which actions could be carried out now, with the arguments they would get. Arguments come from evidence and the registry only. */
function optionsOf(agent: Agent, directive: DirectiveRow | null, measured: DiagnoseInput): Options {
  const facts = { ...agent, directive, suspectTools: suspectTools(measured).map((tool) => tool.name) };
  return Object.fromEntries(AGENT_ACTIONS.map((action) => [action, prepareAction(action, facts)])) as Options;
}

interface Offer {
  action: AgentAction;
  rung: number;
  skipped: Proposal["skipped"];
  reason: string;
  diagnosis: Diagnosis;
  confidence: number;
  args: Record<string, unknown>;
}

async function offer(ctx: ProposeContext, incident: Incident, agent: Agent, o: Offer): Promise<boolean> {
  const { db, now, settings, config } = ctx;
  const policy = typePolicy(ctx.policies, agent.type);
  const { risk, reversible, expected } = ACTIONS[o.action];
  const verdict = policyOf({
    mode: policy.mode,
    globalStop: settings.global_stop,
    severity: incident.severity,
    threshold: policy.threshold ?? settings.threshold,
    risk,
    action: o.action,
    typeAllows: policy.allows,
    diagnosis: o.diagnosis,
    argumentsFromUntrustedText: false,
    confidence: o.confidence,
    limited: whyLimited(policy, o.action, now),
  });
  const cites = (await listDiagnoses(db, incident.id)).find((h) => h.kind === o.diagnosis)?.cites ?? [];
  const name = actionName(o);
  const plan = new Plan();
  const draft = {
    subjectKind: "agent",
    subjectId: agent.id,
    action: o.action,
    args: o.args,
    rung: o.rung,
    risk,
    reversible,
    blastRadius: blastRadiusOf(o.action, o.args),
    expected,
    skipped: o.skipped,
    reason: o.reason,
    targetVersion: agent.stateVersion,
    considered: null,
  } as const;
  const observed = {
    state: watching(incident),
    wouldHave: `${incident.wouldHave ?? "acted"}, then applied ${name}`,
  };
  const judged = {
    draft,
    verdict,
    cites,
    name: `${name} on ${agent.id}`,
    approvalTtlMs: config.approvalTtlMs,
    observed,
  };
  planProposal(plan, db, incident, judged, now);
  return (await commit(db, plan)) !== null;
}

/** From investigated to watched: `verifying` without an action is "watching until back in band". */
const watching = (incident: Incident) => moveIncident(moveIncident(incident.state, "acting"), "verifying");

async function watch(ctx: ProposeContext, incident: Incident, agent: Agent | null, reason: string): Promise<boolean> {
  // A held agent produces nothing to watch: a person has to decide about it.
  if (agent && agent.state === "quarantined") return escalate(ctx, incident, agent, reason, false);
  const won = await commit(ctx.db, {
    claims: [incidentClaim(ctx.db, incident, { state: watching(incident) })],
    events: [
      {
        at: ctx.now,
        type: "incident.watching",
        agentId: agent?.id,
        incidentId: incident.id,
        text: `Watching: ${reason}`,
      },
    ],
  });
  return won !== null;
}

async function escalate(
  { db, now }: ProposeContext,
  incident: Incident,
  agent: Agent,
  reason: string,
  usedUp: boolean,
): Promise<boolean> {
  if (!canMoveIncident(incident.state, "escalated")) return false;
  const plan = new Plan().claim(incidentClaim(db, incident, { state: "escalated" })).tell({
    at: now,
    type: usedUp ? "incident.exhausted" : "incident.escalated",
    agentId: agent.id,
    incidentId: incident.id,
    text: `${agent.id} needs attention: ${reason}`,
    data: { page: true },
  });
  if (usedUp && canMove(agent.state, "exhausted", "system"))
    plan.claim(agentClaim(agent, { state: move(agent.state, "exhausted", "system") }, now));
  return (await commit(db, plan)) !== null;
}
