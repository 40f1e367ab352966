import { durationText } from "@/lib/core/base/durations";
import { actionName } from "@/lib/core/agents/words";
import { type ActionRun, listActionRunsOf } from "@/lib/db/queries/healing";
import type { Incident } from "@/lib/db/queries/incidents";
import { findService, type Service } from "@/lib/db/queries/services";
import { canMoveIncident } from "@/lib/core/base/lifecycle";
import type { Driver, Failure, Verdict } from "../driver";
import type { ServiceContext } from "./context";
import { listMeasured, measureEffect } from "./measure-effect";
import { prepareOperation, undo } from "./operate";

/** Operations that one incident may see before a person has to look: the first guesses are the good ones. */
const MAX_OPERATIONS = 3;

/** Operations on services: the allow-list carries them out, what raised the incident judges them. */
export const serviceDriver = (ctx: ServiceContext): Driver<Service> => ({
  db: ctx.db,
  now: ctx.now,
  load: (id) => findService(ctx.db, id),
  prepare: (proposal, service) => prepareOperation(ctx, proposal, service),
  unjudged: () => listMeasured(ctx),
  measure: (run) => measureEffect(ctx, run),
  recovered: async (_plan, run, _incident, { reason }) => ({
    outcome: `recovered after ${actionName(run)}, in band for ${durationText(ctx.config.verifyMs)}: ${reason}`,
  }),
  failed: (_plan, run, incident, verdict) => failed(ctx, run, incident, verdict),
});

/** Undone where it made things worse and can be; then looked at anew, or handed to a person. */
async function failed(
  ctx: ServiceContext,
  run: ActionRun,
  incident: Incident,
  { outcome, reason }: Verdict,
): Promise<Failure> {
  const undone = outcome === "worse" ? await undo(ctx, run) : null;
  const again =
    outcome !== "worse" &&
    // No signal is abnormal that could be measured again.
    run.action !== "open_change_pr" &&
    canMoveIncident(incident.state, "investigating") &&
    (await listActionRunsOf(ctx.db, incident.id)).length < MAX_OPERATIONS;
  const told = { undone: undone?.ok ?? false, followUp: undone?.detail };
  if (again) return { ...told, next: "investigating" };
  const escalated = {
    at: ctx.now,
    type: "incident.escalated",
    serviceId: run.subjectId,
    incidentId: incident.id,
    text: `${run.subjectId} needs attention: ${reason}`,
    data: { page: true },
  } as const;
  return { ...told, next: "escalated", events: [escalated] };
}
