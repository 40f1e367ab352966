import { investigate as runGraph } from "@/lib/agents/investigation/investigate";
import type { Investigator, Step } from "@/lib/agents/investigation/ports";
import { chosenPrompts } from "@/lib/agents/investigation/prompt-variants";
import { rebuild } from "@/lib/agents/budget";
import { actionName } from "@/lib/core/agents/words";
import { outcomeText } from "@/lib/core/base/vocabulary";
import { suspectsByAlerts } from "@/lib/core/alerts/alert-suspicion";
import { analyse } from "@/lib/core/causes/analyse";
import type { TriedRemedy } from "@/lib/core/causes/hypotheses";
import { tuned } from "@/lib/core/causes/tunables";
import { listActionRunsOf } from "@/lib/db/queries/healing";
import { changeBlameHistory } from "./blame-history";
import { confidenceFit } from "../confidence-fit";
import type { CauseHypothesis } from "@/lib/core/evidence/bundle";
import { moveIncident } from "@/lib/core/base/lifecycle";
import { commit } from "@/lib/db/commit";
import { listAlertsOf, listAlertsOfPast } from "@/lib/db/queries/alerts";
import { getIncident, type Incident, incidentClaim, listSubjects } from "@/lib/db/queries/incidents";
import {
  type InvestigationRow,
  investigationClaim,
  listAbandoned,
  listTrajectory,
  storeStep,
} from "@/lib/db/queries/investigations";
import { investigations } from "@/lib/db/schema";
import { log } from "@/lib/log";
import { notePart, traced } from "@/lib/telemetry/telemetry";
import { newId } from "@/lib/db/ids";
import { offersOf } from "./propose";
import { readersOf } from "./readers";
import type { ServiceContext } from "./context";
import { endInvestigation, finishInvestigation, giveUpInvestigation } from "./end-investigation";

/** An investigation that has not renewed its lease for so long has died with its process, in ms: longer than any one call. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Attempts at one investigation: what kills its process three times would go on doing so. */
const MAX_ATTEMPTS = 3;
/** Incidents before this one, the newest, that tell which alerts are ordinary: estates change, and a year of them is a long read. */
const PAST_INCIDENTS = 500;
/** At most so many at once a process: each may hold a model's and a source's attention for minutes. */
const MAX_AT_ONCE = 2;

/** Takes up an incident's investigation, and what a crash left of others. Each runs by itself; its promise is given back. */
export async function startInvestigations(ctx: ServiceContext, open: readonly Incident[]): Promise<Promise<void>[]> {
  const { db, now, owner } = ctx;
  const begun: Promise<void>[] = [];
  const room = () => ctx.investigating.size < MAX_AT_ONCE;
  for (const row of await listAbandoned(db, now)) {
    if (!room()) break;
    try {
      const next = await takeUp(ctx, row);
      if (next) begun.push(conduct(ctx, next));
    } catch (err) {
      // One that cannot be taken up must not keep the others waiting.
      log().error({ err, investigation: row.id }, "could not start an investigation");
    }
  }
  for (const incident of open) {
    if (!room()) break;
    const row: typeof investigations.$inferInsert = {
      id: newId("inv"),
      incidentId: incident.id,
      state: "running",
      owner,
      leaseUntil: now + LEASE_MS,
      startedAt: now,
    };
    const state = incident.state === "open" ? moveIncident("open", "investigating") : incident.state;
    const won = await commit(db, {
      claims: [incidentClaim(db, incident, { state })],
      writes: [db.insert(investigations).values(row)],
      events: [
        {
          at: now,
          type: "investigation.started",
          incidentId: incident.id,
          text: "Investigation started",
          data: { investigation: row.id },
        },
      ],
    });
    if (won) begun.push(conduct(ctx, { attempt: 1, ...row } as InvestigationRow));
  }
  return begun;
}

/** A crashed investigation under a new lease; null when there is nothing more to look at, too much was tried, or another took it. */
async function takeUp({ db, now, owner }: ServiceContext, row: InvestigationRow): Promise<InvestigationRow | null> {
  const incident = await getIncident(db, row.incidentId);
  if (incident.state !== "investigating") return (await endInvestigation(db, row, incident, now), null);
  if (row.attempt >= MAX_ATTEMPTS) return (await giveUpInvestigation(db, row, incident, now), null);
  const next = { owner, leaseUntil: now + LEASE_MS, attempt: row.attempt + 1 };
  return (await commit(db, { claims: [investigationClaim(db, row, next)] })) ? { ...row, ...next } : null;
}

async function conduct(ctx: ServiceContext, row: InvestigationRow): Promise<void> {
  const abort = new AbortController();
  ctx.investigating.set(row.id, abort);
  const renew = setInterval(() => {
    commit(ctx.db, { claims: [investigationClaim(ctx.db, row, { leaseUntil: ctx.clock() + LEASE_MS })] }).then(
      // It was ended, or another process has it: what would come of it is not asked for any more.
      (won) => won ?? abort.abort(),
      (err: unknown) => log().warn({ err, investigation: row.id }, "could not renew an investigation's lease"),
    );
  }, RENEW_MS);
  try {
    const [incident, fit, pastBlame, tried] = await Promise.all([
      getIncident(ctx.db, row.incidentId),
      confidenceFit(ctx.db, "service"),
      changeBlameHistory(ctx.db),
      triedRemedies(ctx, row.incidentId),
    ]);
    const tuning = tuned(ctx.variant?.tunables ?? {});
    const prompts = chosenPrompts(ctx.variant?.prompts ?? {});
    const run = async () =>
      runGraph(await investigatorOf(ctx, row, incident, abort.signal), {
        chains: ctx.chains,
        fit,
        analyse: (bundle, known) => analyse(bundle, { ...known, pastBlame, tried }, tuning),
        prompts,
        before: rebuild(await listTrajectory(ctx.db, row.id)),
      });
    const done = await traced("investigation", run, () => ({
      "incident.id": incident.id,
      "immune.subject": "service",
    }));
    await finishInvestigation(ctx, row, incident.id, done);
  } catch (err) {
    // The lease runs out, and the sweep takes it up again.
    if (!abort.signal.aborted) log().error({ err, investigation: row.id }, "an investigation failed");
  } finally {
    clearInterval(renew);
    ctx.investigating.delete(row.id);
    ctx.wake();
  }
}

/** Operations of this incident that were measured to have no effect, with the causes that they would have helped against. */
async function triedRemedies({ db, allowList }: ServiceContext, incidentId: string): Promise<TriedRemedy[]> {
  const runs = await listActionRunsOf(db, incidentId);
  return runs.flatMap((run) => {
    const kinds = allowList.entries.get(String(run.args["entry"]))?.remedies ?? [];
    if (run.outcome !== "no_effect" && run.outcome !== "worse") return [];
    return [{ node: run.subjectId, kinds, text: `${actionName(run)} on ${run.subjectId} was carried out: ${outcomeText(run.outcome)}` }]; // prettier-ignore
  });
}

async function investigatorOf(
  ctx: ServiceContext,
  row: InvestigationRow,
  incident: Incident,
  signal: AbortSignal,
): Promise<Investigator> {
  const { db } = ctx;
  const [subjects, alerts, before] = await Promise.all([
    listSubjects(db, incident.id),
    listAlertsOf(db, incident.id),
    listTrajectory(db, row.id),
  ]);
  const primary = subjects.find(({ role }) => role === "primary") ?? subjects[0];
  const node = primary?.subjectId ?? incident.title;
  const own = alerts.find(({ serviceId }) => serviceId === node) ?? alerts[0];
  const metric = own?.labels["signal"];
  const readers = readersOf(ctx, incident.id);
  return {
    case: {
      incidentId: incident.id,
      title: incident.title,
      target: {
        node,
        at: Math.min(...alerts.map(({ startsAt }) => startsAt), incident.openedAt) / 1_000,
        ...(metric ? { metric } : {}),
      },
      severity: incident.severity,
      alerts: alerts.map(({ name, serviceId, startsAt, summary }) => ({
        name,
        node: serviceId,
        at: startsAt / 1_000,
        summary,
      })),
    },
    suspicion: async () =>
      suspectsByAlerts(
        alerts.map(({ name, serviceId }) => ({ name, node: serviceId })),
        await listAlertsOfPast(db, incident, PAST_INCIDENTS),
      ),
    readers: ctx.asThen?.(readers) ?? readers,
    offers: (cause: CauseHypothesis) => offersOf(ctx, incident, cause),
    record: (step: Step) => {
      notePart({ name: [step.node, step.tool].filter(Boolean).join(" "), startedAt: step.startedAt, ms: step.ms, failed: !step.ok }); // prettier-ignore
      return storeStep(db, row, step);
    },
    now: ctx.clock,
    signal,
    seen: before.flatMap(({ tool, args, result }) =>
      tool !== null && result !== undefined && result !== null ? [{ tool: tool as never, args, result }] : [],
    ),
  };
}
