import { endWatchClaim, endWatches, moveAnomalies } from "@/lib/db/queries/incident-writes";
import { isCorroborated } from "@/lib/core/agents/fleet";
import { judgeProbation, restartProbation, watched } from "@/lib/core/agents/probation";
import { canMoveIncident } from "@/lib/core/base/lifecycle";
import { commit } from "@/lib/db/commit";
import { type Agent, findDirective, getAgent, listAgents } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/core/base/grouped";
import {
  findIncident,
  type Incident,
  listAnomaliesOf,
  listOpenShared,
  listSubjects,
  type Subject,
} from "@/lib/db/queries/incidents";
import { listWatches, saveWatch } from "@/lib/db/queries/sweep";
import { type Db, write } from "@/lib/db/client";
import { detectorOf, releasedState } from "./detector";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { type CorroboratingAgent, listCorroboratingAgents } from "@/lib/db/queries/corroboration";
import { countOpened, mayContain, openFor } from "./open-for";
import { Plan } from "@/lib/db/plan";
import { close } from "../close";
import type { SweepContext } from "./context";

/**
 * Subjects that nothing was done to, and that are back in band, are let go; those that are still ill are looked at anew, and
 * contained where their incident no longer explains why they are not. An incident without abnormal subjects is closed.
 */
export async function watch(ctx: SweepContext): Promise<{ resolved: number }> {
  const { db } = ctx;
  let resolved = 0;
  const watches = grouped(await listWatches(db), (subject) => subject.incidentId);
  const shared = await listOpenShared(db);
  const vouchers = await listCorroboratingAgents(
    db,
    shared.filter(({ kind }) => kind === "external"),
  );
  for (const incidentId of new Set([...watches.keys(), ...shared.map(({ id }) => id)])) {
    const incident = await findIncident(db, incidentId);
    if (!incident || incident.closedAt !== null) {
      await write(db, [endWatches(incidentId)]);
      continue;
    }
    for (const subject of watches.get(incidentId) ?? [])
      await look(ctx, incident, subject, vouchers.get(incidentId) ?? []);
    if (await closeIfCalm(ctx, incident)) resolved += 1;
  }
  return { resolved };
}

async function look(
  ctx: SweepContext,
  incident: Incident,
  subject: Subject,
  vouchers: readonly CorroboratingAgent[],
): Promise<void> {
  if (!subject.watch) return;
  const { db, now, config } = ctx;
  const verdict = judgeProbation(subject.watch);
  switch (verdict.kind) {
    // A sequential test goes on until it can tell: nobody waits for it, and what it has seen counts.
    // Nothing was done to it, so that nothing of it is contained either.
    case "contained":
    case "pending":
    case "cannot_tell":
      return;
    case "no_effect":
    case "worse": {
      const agent = await getAgent(db, subject.subjectId);
      const others = vouchers.filter(({ agentId }) => agentId !== agent.id).map(({ keyId }) => keyId);
      const alone = incident.kind === "external" && !isCorroborated(agent.keyId, others, 1);
      if (await contain(ctx, incident, agent, alone && subject.watch.alone === true)) return;
      // Look at the next samples afresh.
      const metrics = watched((await illnessOf(db, incident, agent)).map((row) => row.evidence));
      const { state } = await detectorOf(db, agent);
      const fresh = restartProbation(subject.watch, state, metrics, config.probationSamples);
      await write(db, [saveWatch(incident.id, agent.id, alone ? { ...fresh, alone } : fresh)]);
      return;
    }
    case "recovered": {
      const agent = await getAgent(db, subject.subjectId);
      const detector = await detectorOf(db, agent);
      const mine = agent.incidentId === incident.id && agent.state === "suspected";
      const plan = new Plan().claim(endWatchClaim(incident.id, agent.id)).tell({
        at: now,
        type: "agent.back_in_band",
        agentId: agent.id,
        incidentId: incident.id,
        text: `${agent.id} recovered without any action. ${verdict.reason}`,
      });
      if (mine) plan.claim(agentClaim(agent, { state: releasedState(agent, detector), incidentId: null }, now));
      await commit(db, plan);
    }
  }
}

const illnessOf = async (db: Db, incident: Incident, agent: Agent) =>
  (await listAnomaliesOf(db, incident.id, agent.id)).filter((row) => row.verdict !== "watch");

/**
 * Contains an agent at large that is still ill: in an incident of its own, because it may be held by now; in that of a shared cause,
 * because on samples of a time when nobody else suffered from it (`alone`) the cause is no longer shared. One that a limit
 * stopped waits for room (hold-waiting.ts). False when it stays where it is.
 */
async function contain(ctx: SweepContext, incident: Incident, agent: Agent, alone: boolean): Promise<boolean> {
  const { db } = ctx;
  const atLarge = agent.state === "suspected" && agent.incidentId === incident.id;
  if (!atLarge || !mayContain(ctx, agent)) return false;
  if (!(incident.kind === "agent" || (incident.kind === "external" && alone))) return false;
  const rows = await illnessOf(db, incident, agent);
  if (rows.length === 0) return false;
  const plan = new Plan();
  const opened = openFor(plan, ctx, {
    agent,
    detector: await detectorOf(db, agent),
    directive: await findDirective(db, agent.id, agent.directiveVersion),
    anomalies: rows.map((row) => row.evidence),
    leaving: incident,
  });
  // The illness goes with the agent.
  plan.write(
    moveAnomalies(
      opened.incidentId,
      rows.map((row) => row.id),
    ),
  );
  if (!(await commit(db, plan))) return false;
  countOpened(ctx, agent, opened);
  return true;
}

/** Closes an incident none of whose subjects is watched or held any more. */
async function closeIfCalm({ db, now }: SweepContext, seen: Incident): Promise<boolean> {
  const incident = await findIncident(db, seen.id);
  if (!incident || incident.closedAt !== null || !canMoveIncident(incident.state, "resolved")) return false;
  const subjects = await listSubjects(db, incident.id);
  if (subjects.some((subject) => subject.watch !== null)) return false;
  const agents = await listAgents(
    db,
    subjects.map(({ subjectId }) => subjectId),
  );
  if (agents.some((agent) => agent.incidentId === incident.id)) return false;
  const elsewhere = agents.filter((agent) => agent.incidentId !== null).length;
  const outcome =
    elsewhere === 0
      ? "recovered without any action"
      : `no agent remains in this incident; ${elsewhere} ${elsewhere === 1 ? "agent has a separate incident" : "agents have separate incidents"}`;
  const plan = new Plan();
  await close(plan, db, incident, { state: "resolved", outcome, healed: false, text: `Closed: ${outcome}` }, now);
  return (await commit(db, plan)) !== null;
}
