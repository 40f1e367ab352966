import { EvalOptions, type EvalStart } from "@/lib/contracts/eval-runs";
import type { Db } from "@/lib/db/client";
import { newId } from "@/lib/db/ids";
import { newOwner } from "@/lib/db/owner";
import { endAbandoned, finishRun, findRun, listRunning, resumeRun, startRun } from "@/lib/db/queries/evals";
import { SentinelError } from "@/lib/errors";
import { commitOf } from "./checkout";
import { leaseOf } from "./kept-run";
import { evalOffer } from "./offer";
import { keysOf } from "./plan";
import { spawnRun } from "./run-process";

/** Who asked for it. */
interface Person {
  id: string;
  name: string;
}

const conflict = (detail: string) => new SentinelError("conflict", { detail });

/**
 * Begins a run in the background of this server, one at a time. Returns its id. Throws `invalid` for what there is not, `conflict` naming
 * the run that goes on, `unavailable` where this host cannot play cases.
 */
export async function startEvaluation(db: Db, { set, class: of, cases, model }: EvalStart, by: Person, now: number): Promise<string> {
  const offer = offered();
  if (model && offer.model === null) {
    const reason = "SENTINEL_ANALYSIS_MODEL is not set";
    throw new SentinelError("invalid", { detail: `model: ${reason}`, fields: [{ field: "model", reason }] });
  }
  const options = EvalOptions.parse({ set, class: of, cases, model: model ? offer.model : null, judge: offer.judge });
  const run = { id: newId("evr"), commit: await commitOf(), startedBy: by.name, total: keysOf(options).length, options };
  const lease = leaseOf(newOwner(), now);
  await endAbandoned(db, now);
  if (!(await startRun(db, run, lease, now, { only: true, by }))) throw await goingOn(db);
  spawnRun(db, run.id, lease.owner);
  return run.id;
} // prettier-ignore

/** Takes up a run that did not get to its end. Throws `not_found`, `unavailable`, and `conflict` where that cannot be done. */
export async function resumeEvaluation(db: Db, id: string, by: Person, now: number): Promise<void> {
  offered();
  await endAbandoned(db, now);
  const run = await getRun(db, id);
  if (run.state === "done") throw conflict("The run is already complete");
  if (run.options["set"] === "frozen")
    throw conflict("The run uses exported incidents from files, which only the command line can read");
  const options = EvalOptions.safeParse(run.options);
  if (!options.success || options.data.repeat > 1)
    throw conflict("The run repeats each case: resume it from the command line with --resume");
  const commit = await commitOf();
  if (commit !== run.commit)
    throw conflict(`The code has changed since (${run.commit}, now ${commit}): the results would mix two versions`);
  const lease = leaseOf(newOwner(), now);
  if (!(await resumeRun(db, id, lease, now, by))) throw await goingOn(db);
  spawnRun(db, id, lease.owner);
}

/** Ends a run, wherever it is played: its process notices within seconds. Throws `not_found`, and `conflict` when it has ended. */
export async function stopEvaluation(db: Db, id: string, by: Person, now: number): Promise<void> {
  await getRun(db, id);
  if (!(await finishRun(db, id, { state: "stopped", detail: `by ${by.name}` }, now, undefined, by)))
    throw conflict("The run has already ended");
}

function offered() {
  const offer = evalOffer();
  if (offer.reason !== null)
    throw new SentinelError("unavailable", { detail: `Cases cannot be run from here: ${offer.reason}` });
  return offer;
}

async function getRun(db: Db, id: string) {
  const run = await findRun(db, id);
  if (run === null) throw new SentinelError("not_found", { detail: "No evaluation has this ID" });
  return run;
}

async function goingOn(db: Db): Promise<SentinelError> {
  const [run] = await listRunning(db);
  // It ended at this very moment.
  if (run === undefined) return conflict("Another evaluation was already running; try again");
  return new SentinelError("conflict", {
    detail: `Evaluation ${run.id} is already running, started by ${run.startedBy}`,
    headers: { location: `/api/v1/evals/${encodeURIComponent(run.id)}` },
  });
}
