import { type ActionRun, endRunClaim, type Proposal } from "@/lib/db/queries/healing";
import { prepare } from "@/lib/actions/service/index";
import type { Prepared as Operation } from "@/lib/actions/service/operation";
import { canMoveIncident } from "@/lib/core/base/lifecycle";
import { commit } from "@/lib/db/commit";
import { isDrillDb } from "@/lib/db/drills";
import { getIncident, incidentClaim, listFindings } from "@/lib/db/queries/incidents";
import { listCauses } from "@/lib/db/queries/investigations";
import { type Service, serviceClaim } from "@/lib/db/queries/services";
import { findings } from "@/lib/db/schema";
import { fetchLogs } from "@/lib/evidence/logs";
import { redact } from "@/lib/core/evidence/redact";
import { digestOf, newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";
import type { Prepared, StartedRun } from "../driver";
import { healingChange } from "../proposal";
import { operationText } from "./operation-text";
import type { ServiceContext } from "./context";

/** Lines that are kept of what an operation is about to destroy, and how far back they go, in seconds. */
const KEPT_LINES = 200;
const KEPT_S = 300;
/** Evidence is captured within this, in ms, or the operation goes on without: it was approved to help now. */
const CAPTURE_MS = 5_000;

/** Whether an approved operation can be carried out: it is still on the allow-list, and exactly what the proposal showed would run. */
export async function prepareOperation(ctx: ServiceContext, proposal: Proposal, service: Service): Promise<Prepared> {
  assertOwnOperator(ctx);
  const { entry: name, ...args } = proposal.args;
  const prepared = prepare(ctx.allowList, String(name), args, proposal.subjectId);
  if (!prepared.ok) return { kind: "void", reason: `the operation is no longer on the allow-list: ${prepared.reason}` };
  if (!isWhatWasShown(proposal, prepared.value))
    return { kind: "void", reason: "the allow-list has changed since it was proposed" };
  if (prepared.value.destroysEvidence) await capture(ctx, proposal);
  return {
    kind: "ready",
    claims: [serviceClaim(service)],
    writes: [],
    title: prepared.value.entry.title,
    data: { entry: String(name), args },
    perform: (run) => operate(ctx, run, prepared.value),
  };
}

/** Carries it out. The exit code goes into the record and proves nothing: verification asks the metrics. */
async function operate(ctx: ServiceContext, run: StartedRun, operation: Operation): Promise<void> {
  ctx.underway.add(run.id);
  try {
    const occasion = { incident: run.incidentId, citations: await citationsOf(ctx, run.incidentId) };
    const done = await ctx.operator.perform(operation, { idempotencyKey: run.id, occasion });
    await finish(ctx, run, operation.entry.title, done);
  } finally {
    ctx.underway.delete(run.id);
  }
}

/** A drill's database goes with a drill's operator and the real one with the real one, whatever called this. */
function assertOwnOperator({ db, operator }: ServiceContext): void {
  if (isDrillDb(db) !== (operator.world === "drill"))
    throw new Error("Drills and real services cannot run each other's operations: nothing was run");
}

/** Whether exactly that would run which the proposal showed. */
function isWhatWasShown({ considered }: Proposal, prepared: Operation): boolean {
  const shown = considered?.operation;
  const runs = operationText(prepared, shown?.undo ?? null);
  return shown !== undefined && digestOf(runs) === digestOf(shown);
}

/** What the operation rests on, for those who read of it elsewhere: without a cause, all that was found. */
async function citationsOf({ db }: ServiceContext, incidentId: string): Promise<string[]> {
  const [[first], found] = await Promise.all([listCauses(db, incidentId), listFindings(db, incidentId)]);
  if (first === undefined) return found.map(({ title }) => title);
  const cited = new Set(first.cites);
  return [first.statement, ...found.filter(({ id }) => cited.has(id)).map(({ title }) => title)];
}

async function finish(
  { db, clock }: ServiceContext,
  run: StartedRun,
  title: string,
  done: { ok: boolean; detail: string; result: Record<string, unknown> },
): Promise<void> {
  const now = clock();
  const incident = await getIncident(db, run.incidentId);
  const plan = new Plan()
    .claim(
      endRunClaim(db, run.id, {
        state: done.ok ? "done" : "failed",
        detail: done.detail,
        result: done.result,
        endedAt: now,
      }),
    )
    .write(
      healingChange(
        db,
        { subjectKind: "service", subjectId: run.subjectId },
        { note: title, by: run.by, at: run.startedAt, taken: false },
        now,
      ),
    )
    .tell({
      at: now,
      type: done.ok ? "action.done" : "action.failed",
      serviceId: run.subjectId,
      incidentId: run.incidentId,
      text: `${title}: ${done.detail}${run.action === "open_change_pr" ? "" : ". Its effect is being measured"}`,
      data: { run: run.id },
    });
  if (canMoveIncident(incident.state, "verifying")) plan.claim(incidentClaim(db, incident, { state: "verifying" }));
  await commit(db, plan);
}

/** The last lines of what is about to be restarted: afterwards nobody can read them any more. */
async function capture({ db, logs, now, clock }: ServiceContext, proposal: Proposal): Promise<void> {
  const to = now / 1_000;
  const query = {
    node: proposal.subjectId,
    from: to - KEPT_S,
    to,
    limit: KEPT_LINES,
    signal: AbortSignal.timeout(CAPTURE_MS),
  };
  const { lines, couldNotLook } = await fetchLogs(logs, query);
  if (lines.length === 0 && couldNotLook.length === 0) return;
  await commit(db, {
    claims: [
      db.insert(findings).values({
        id: newId("fnd"),
        incidentId: proposal.incidentId,
        kind: lines.length > 0 ? "state" : "could_not_look",
        title:
          lines.length > 0
            ? `Saved the last ${lines.length} log lines of ${proposal.subjectId} before running ${String(proposal.args["entry"])}`
            : `Could not save the last log lines of ${proposal.subjectId}: ${couldNotLook[0]!.reason}`,
        source: proposal.subjectId,
        detail: { node: proposal.subjectId, lines: lines.map(({ t, line }) => ({ t, line: redact(line).text })) },
        at: clock(),
      }),
    ],
  });
}

/** Takes back what made things worse, where the allow-list says how. Never throws for what the outside does. */
export async function undo(ctx: ServiceContext, run: ActionRun): Promise<{ ok: boolean; detail: string } | null> {
  const { entry: name, ...args } = run.args;
  const prepared = prepare(ctx.allowList, String(name), args, run.subjectId);
  const back = prepared.ok ? prepared.value.entry.undo : null;
  if (!back) return null;
  assertOwnOperator(ctx);
  const undoing = prepare(ctx.allowList, back.action, back.args ?? {}, run.subjectId);
  if (!undoing.ok) return { ok: false, detail: `it could not be undone: ${undoing.reason}` };
  const done = await ctx.operator.perform(undoing.value, { idempotencyKey: `${run.id}-undo` });
  return { ok: done.ok, detail: `undone by ${undoing.value.entry.title}: ${done.detail}` };
}
