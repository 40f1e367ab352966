import { judgeProbation, startProbation } from "@/lib/core/probation";
import { canMoveIncident } from "@/lib/core/lifecycle";
import { commit } from "@/lib/db/commit";
import { getAgent } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/db/queries/grouped";
import { voidApprovals } from "@/lib/db/queries/healing";
import {
  findIncident,
  type Incident,
  incidentClaim,
  listAnomaliesOf,
  listSubjects,
  type Subject,
} from "@/lib/db/queries/incidents";
import { listWatches, saveWatch } from "@/lib/db/queries/sweep";
import type { Db } from "@/lib/db/client";
import { write } from "@/lib/db/client";
import type { LoopConfig } from "./config";
import { calm, detectorOf } from "./correlate";
import { agentClaim } from "./directives";
import { watched } from "./open";
import { Plan } from "./plan";

/** Subjects that nothing was done to, and that are back in band, are let go; an incident none of whose subjects is ill is closed. */
export async function watch(ctx: { db: Db; now: number; config: LoopConfig }): Promise<{ resolved: number }> {
  let resolved = 0;
  const watches = await listWatches(ctx.db);
  for (const [incidentId, subjects] of grouped(watches, (subject) => subject.incidentId)) {
    const incident = await findIncident(ctx.db, incidentId);
    if (!incident || incident.closedAt !== null) {
      await write(ctx.db, [endWatches(incidentId)]);
      continue;
    }
    for (const subject of subjects) await look(ctx, incident, subject);
    if (await closeIfCalm(ctx, incident)) resolved += 1;
  }
  return { resolved };
}

const endWatches = (incidentId: string) => ({
  sql: "UPDATE incident_subjects SET watch = NULL WHERE incident_id = ?",
  args: [incidentId],
});

async function look(
  { db, now, config }: { db: Db; now: number; config: LoopConfig },
  incident: Incident,
  subject: Subject,
): Promise<void> {
  if (!subject.watch) return;
  const verdict = judgeProbation(subject.watch);
  switch (verdict.kind) {
    case "pending":
      return;
    case "no_effect":
    case "worse":
    case "cannot_tell": {
      // Still ill: look at the next samples afresh.
      const agent = await getAgent(db, subject.subjectId);
      const mine = (await listAnomaliesOf(db, incident.id)).filter(
        (row) => row.agentId === agent.id && row.verdict !== "watch",
      );
      const detector = await detectorOf(db, agent);
      await write(db, [
        saveWatch(
          incident.id,
          agent.id,
          startProbation(detector.state, watched(mine.map((row) => row.evidence)), config.probationSamples),
        ),
      ]);
      return;
    }
    case "recovered": {
      const agent = await getAgent(db, subject.subjectId);
      const detector = await detectorOf(db, agent);
      const mine = agent.incidentId === incident.id && agent.state === "suspected";
      const plan = new Plan()
        .claim({
          sql: "UPDATE incident_subjects SET watch = NULL WHERE incident_id = ? AND subject_id = ? AND watch IS NOT NULL",
          args: [incident.id, agent.id],
        })
        .tell({
          at: now,
          type: "agent.back_in_band",
          agentId: agent.id,
          incidentId: incident.id,
          text: `${agent.id} is back in band; nothing was done to it. ${verdict.reason}`,
        });
      if (mine) plan.claim(agentClaim(agent, { state: calm(agent, detector), incidentId: null }, now));
      await commit(db, plan);
    }
  }
}

/** Closes an incident none of whose subjects is watched or held any more. */
async function closeIfCalm({ db, now }: { db: Db; now: number }, seen: Incident): Promise<boolean> {
  const incident = await findIncident(db, seen.id);
  if (!incident || incident.closedAt !== null || !canMoveIncident(incident.state, "resolved")) return false;
  const subjects = await listSubjects(db, incident.id);
  if (subjects.some((subject) => subject.watch !== null)) return false;
  for (const subject of subjects) if ((await getAgent(db, subject.subjectId)).incidentId === incident.id) return false;
  const plan = new Plan()
    .claim(incidentClaim(db, incident, { state: "resolved", closedAt: now, outcome: "back in band; nothing was done" }))
    .write(...voidApprovals(incident.id, "back in band by itself", now))
    .tell({
      at: now,
      type: "incident.resolved",
      incidentId: incident.id,
      text: "Closed: back in band; nothing was done",
      data: { healed: false },
    });
  return (await commit(db, plan)) !== null;
}
