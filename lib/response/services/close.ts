import { limitText } from "@/lib/core/base/amounts";
import { moveIncident } from "@/lib/core/base/lifecycle";
import { postmortem } from "@/lib/core/causes/postmortem";
import type { IncidentState } from "@/lib/core/base/vocabulary";
import { actionName, passedText } from "@/lib/core/agents/words";
import type { Statement } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { isDrillDb } from "@/lib/db/drills";
import { listAlertsOf } from "@/lib/db/queries/alerts";
import { type ActionRun, listActionRunsOf, voidApprovals } from "@/lib/db/queries/healing";
import { type Incident, incidentClaim, listFindings, listSubjects, listTimeline } from "@/lib/db/queries/incidents";
import { findInvestigation, listCauses } from "@/lib/db/queries/investigations";
import { listIncidentSignals, listPassed } from "@/lib/db/queries/services";
import { postmortems } from "@/lib/db/schema";
import { episodeWrites } from "@/lib/evidence/episodes";
import { log } from "@/lib/log";
import { Plan } from "@/lib/db/plan";
import type { ServiceContext } from "./context";

export interface Closing {
  state: "resolved" | "dismissed";
  outcome: string;
  /** An operation was measured to have helped. */
  healed: boolean;
  /** The operation whose verdict closes it. */
  run?: ActionRun;
}

type Closer = Pick<ServiceContext, "db" | "clock">;

/** Plans the end of an incident: its state, its services' freedom, the draft of its post-mortem, and the episode that is remembered. */
export async function close(plan: Plan, ctx: Closer, incident: Incident, closing: Closing): Promise<void> {
  const { db } = ctx;
  const now = ctx.clock();
  const closed: Incident = {
    ...incident,
    state: moveIncident(incident.state, closing.state),
    outcome: closing.outcome,
    closedAt: now,
    healedAt: closing.healed ? now : null,
  };
  const { state, outcome, closedAt, healedAt } = closed;
  plan
    .claim(incidentClaim(db, incident, { state, outcome, closedAt, healedAt }))
    .write(
      { sql: "UPDATE services SET incident_id = NULL WHERE incident_id = ?", args: [incident.id] },
      ...voidApprovals(incident.id, "the incident has ended", now),
      ...(await legacy(ctx, closed, closing)),
    )
    .tell({
      at: now,
      type: closing.state === "resolved" ? "incident.resolved" : "incident.dismissed",
      incidentId: incident.id,
      serviceId: incident.causeNode,
      text: closing.outcome,
      data: { healed: closing.healed },
    });
}

/** What a closed incident leaves: its post-mortem and its episode. */
async function legacy(ctx: Closer, incident: Incident, closing: Closing): Promise<Statement[]> {
  const { db } = ctx;
  const [subjects, alerts, causes, found, runs, timeline, investigation, raised] = await Promise.all([
    listSubjects(db, incident.id),
    listAlertsOf(db, incident.id),
    listCauses(db, incident.id),
    listFindings(db, incident.id),
    listActionRunsOf(db, incident.id),
    listTimeline(db, incident.id),
    findInvestigation(db, incident.id),
    listIncidentSignals(db, incident.id),
  ]);
  const services = subjects.map(({ subjectId }) => subjectId);
  const primary = subjects.find(({ role }) => role === "primary")?.subjectId ?? services[0] ?? "unknown";
  const operations = runs.map((run) => (run.id === closing.run?.id ? closing.run : run));
  const cited = new Set(causes.flatMap(({ cites }) => cites));
  const markdown = postmortem({
    id: incident.id,
    title: incident.title,
    severity: incident.severity,
    services,
    onsetAt: investigation?.onset ? investigation.onset.at * 1_000 : incident.onsetAt,
    openedAt: incident.openedAt,
    closedAt: incident.closedAt ?? incident.openedAt,
    outcome: closing.outcome,
    impact: [
      ...new Set(alerts.map(({ serviceId, summary }) => `${serviceId}: ${summary}`)),
      ...raised.flatMap(({ serviceId, name, upper, lower, unit }) => {
        const limit = limitText(upper, lower, unit);
        return limit === null ? [] : [`${serviceId} ${name}: limit: ${limit}`];
      }),
    ],
    causes: causes.map(({ statement, confidence, author, cites }) => ({ statement, confidence, author, cites })),
    findings: found.filter(({ id }) => cited.has(id)).map(({ id, title }) => ({ id, text: title })),
    couldNotLook: found.filter(({ kind }) => kind === "could_not_look").map(({ title }) => title),
    operations: operations.map((run) => ({
      name: actionName(run),
      by: run.by,
      at: run.startedAt,
      outcome: run.outcome,
      reason: reasonOf(run),
    })),
    timeline: timeline.map(({ at, text }) => ({ at, text })),
    previousIncidentId: incident.previousIncidentId,
    drill: isDrillDb(db),
  });
  const cured = operations.findLast(({ outcome }) => outcome === "recovered");
  const change = found.find(({ id, kind }) => kind === "change" && cited.has(id));
  return [
    db
      .insert(postmortems)
      .values({ incidentId: incident.id, markdown, author: "local", createdAt: ctx.clock() })
      .onConflictDoNothing(),
    ...episodeWrites(db, {
      incidentId: incident.id,
      serviceId: primary,
      title: incident.title,
      body: [
        causes[0]?.statement ?? "",
        ...found.filter(({ id }) => cited.has(id)).map(({ title }) => title),
        closing.outcome,
      ].join("\n"),
      causeNode: incident.causeNode,
      causeKind: incident.causeKind ?? "unknown",
      features: {
        service: primary,
        services,
        alerts: [...new Set(alerts.map(({ name }) => name))],
        templates: found.filter(({ kind }) => kind === "log_template").map(({ title }) => title),
        dependency: incident.causeNode !== null && incident.causeNode !== primary ? incident.causeNode : null,
        changeKind: typeof change?.detail["change_kind"] === "string" ? change.detail["change_kind"] : null,
      },
      action: cured ? actionName(cured) : null,
      outcome: cured ? "recovered" : (operations.at(-1)?.outcome ?? "cannot_tell"),
      closedAt: ctx.clock(),
    }),
  ];
}

/** Why an operation was judged as it was. */
const reasonOf = ({ verification, detail }: ActionRun): string =>
  typeof verification?.["reason"] === "string" ? verification["reason"] : (detail ?? "not measured");

/** States in which an incident may end because what raised it has ended; while an operation is measured, measurement says. */
const MAY_PASS: readonly IncidentState[] = ["open", "investigating", "awaiting_approval", "rejected", "escalated"];

/** Incidents whose alerts have all ended, and whose signals are back in band, are over. Flapping ones are not believed yet. */
export async function closePassed(ctx: ServiceContext): Promise<number> {
  let passed = 0;
  for (const incident of await listPassed(ctx.db, MAY_PASS)) {
    const plan = new Plan();
    try {
      const carriedOut = await listActionRunsOf(ctx.db, incident.id);
      await close(plan, ctx, incident, { state: "resolved", outcome: passedText(carriedOut), healed: false });
      if (await commit(ctx.db, plan)) passed += 1;
    } catch (err) {
      log().error({ err, incident: incident.id }, "could not close an incident");
    }
  }
  return passed;
}
