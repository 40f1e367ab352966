import { commit } from "@/lib/db/commit";
import { type Agent, findDirective, listAgentsInIncident } from "@/lib/db/queries/agents";
import { listAnomaliesOf } from "@/lib/db/queries/incidents";
import { grouped } from "@/lib/core/base/grouped";
import { detectorOf } from "./detector";
import { countOpened, holdFor, mayContain, openFor } from "./open-for";
import { Plan } from "@/lib/db/plan";
import type { SweepContext } from "./context";

/**
 * Holds agents that a limit stopped, as soon as there is room or a person allowed more holds: the gravest first, then whoever has
 * waited longest. Each goes on in an incident of its own.
 */
export async function holdWaiting(ctx: SweepContext): Promise<{ opened: number }> {
  const { db, limitIncident } = ctx;
  if (!limitIncident) return { opened: 0 };
  const agents = await listAgentsInIncident(db, limitIncident.id, "suspected");
  if (agents.length === 0) return { opened: 0 };
  const rows = grouped(
    (await listAnomaliesOf(db, limitIncident.id)).filter((row) => row.verdict !== "watch"),
    (row) => row.agentId,
  );
  const severityOf = ({ id }: Agent) => Math.max(0, ...(rows.get(id) ?? []).map((row) => row.severity));
  let opened = 0;
  for (const agent of agents.toSorted((a, b) => severityOf(b) - severityOf(a) || a.stateSince - b.stateSince)) {
    const anomalies = (rows.get(agent.id) ?? []).map((row) => row.evidence);
    if (anomalies.length === 0 || !mayContain(ctx, agent)) continue;
    const allowed = ctx.limitIncident !== null && ctx.limitIncident.holdsAllowed > 0;
    if (!allowed && holdFor(ctx, agent, anomalies).kind === "stop") continue;
    const plan = new Plan();
    const detector = await detectorOf(db, agent);
    const directive = await findDirective(db, agent.id, agent.directiveVersion);
    const done = openFor(plan, ctx, { agent, detector, directive, anomalies, leaving: limitIncident });
    if (!(await commit(db, plan))) continue;
    countOpened(ctx, agent, done);
    opened += 1;
  }
  return { opened };
}
