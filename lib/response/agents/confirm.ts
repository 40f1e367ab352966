import { markDirective } from "@/lib/db/queries/agent-writes";
import { containment } from "@/lib/core/agents/containment";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { instanceReport, listInstances, sentDirective } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/core/base/grouped";
import { listUnenforcedHolds } from "@/lib/db/queries/holds";
import { findIncident, incidentClaim } from "@/lib/db/queries/incidents";
import type { LoopConfig } from "@/lib/config/agents";
import { Plan } from "@/lib/db/plan";

/**
 * Follows every quarantine and pause in force until each live instance says that a guard holds it. What is not confirmed
 * in time is told once; a confirmation that comes later still counts.
 */
export async function confirm({
  db,
  now,
  config,
}: {
  db: Db;
  now: number;
  config: LoopConfig;
}): Promise<{ enforced: number }> {
  const rows = await listUnenforcedHolds(db);
  if (rows.length === 0) return { enforced: 0 };
  const instances = grouped(
    await listInstances(
      db,
      rows.map(({ agent }) => agent.id),
    ),
    (instance) => instance.agentId,
  );
  let enforced = 0;
  for (const { agent, directive } of rows) {
    const report = containment(
      sentDirective(agent, directive),
      (instances.get(agent.id) ?? []).map((i) => instanceReport(i, directive, now - config.instanceLiveMs)),
      now,
      config.ackTimeoutMs,
    );
    const plan = new Plan();
    const what = directive.status === "paused" ? "Pause" : "Quarantine";
    const about = {
      at: now,
      agentId: agent.id,
      incidentId: directive.incidentId,
      data: { version: directive.version, live: report.live },
    };
    if (report.state === "enforced") {
      plan.claim(markDirective(agent.id, directive.version, "enforced_at", now)).tell({
        ...about,
        type: "containment.enforced",
        text: `${what} of ${agent.id} ${report.text}`,
      });
      const incident = directive.incidentId ? await findIncident(db, directive.incidentId) : null;
      if (incident && incident.containedAt === null && incident.closedAt === null)
        plan.claim(incidentClaim(db, incident, { containedAt: now }));
      if (await commit(db, plan)) enforced += 1;
    } else if (report.state === "not_confirmed" && directive.unconfirmedAt === null) {
      plan.claim(markDirective(agent.id, directive.version, "unconfirmed_at", now)).tell({
        ...about,
        type: "containment.not_confirmed",
        text: `${what} of ${agent.id} ${report.text}`,
        data: { ...about.data, page: true },
      });
      await commit(db, plan);
    }
  }
  return { enforced };
}
