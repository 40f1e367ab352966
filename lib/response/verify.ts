import { canMoveIncident } from "@/lib/core/base/lifecycle";
import { commit } from "@/lib/db/commit";
import { Plan } from "@/lib/db/plan";
import { type ActionRun, judgeClaim } from "@/lib/db/queries/healing";
import { getIncident, incidentClaim } from "@/lib/db/queries/incidents";
import { log } from "@/lib/log";
import { close } from "./close";
import type { Driver, Target, Verdict } from "./driver";
import { judgedEvent } from "./judged-event";

/** Moves every action that is not judged yet one step on. What a crash cut off is taken up or measured, never done twice. */
export async function verify<T extends Target, R extends ActionRun>(driver: Driver<T, R>): Promise<{ judged: number }> {
  let judged = 0;
  for (const run of await driver.unjudged()) {
    try {
      const verdict = await driver.measure(run);
      if (verdict !== null && (await settle(driver, run, verdict))) judged += 1;
    } catch (err) {
      log().error({ err, run: run.id }, "could not verify an action");
    }
  }
  return { judged };
}

/** Commits a verdict with all that follows from it. False when somebody else was faster: a later turn measures again. */
async function settle<T extends Target, R extends ActionRun>(
  driver: Driver<T, R>,
  run: R,
  verdict: Verdict,
): Promise<boolean> {
  const { db, now } = driver;
  const { outcome, reason, verification, state = run.state } = verdict;
  const incident = await getIncident(db, run.incidentId);
  const plan = new Plan();
  const judge = (told: { undone?: boolean; followUp?: string }) =>
    plan
      .claim(
        judgeClaim(db, run.id, { outcome, state, verification, judgedAt: now, undoneAt: told.undone ? now : null }),
      )
      .tell(judgedEvent(run, { outcome, reason, ...told }, now));
  if (outcome === "recovered" || outcome === "contained") {
    judge({});
    const closing = await driver.recovered(plan, run, incident, verdict);
    await close(
      plan,
      db,
      incident,
      { state: "resolved", healed: outcome === "recovered", run: { ...run, outcome, verification }, ...closing },
      now,
    );
  } else if (verdict.ends !== undefined) {
    judge({});
    const ended = { ...run, outcome, verification };
    await close(plan, db, incident, { state: "resolved", healed: false, run: ended, outcome: verdict.ends }, now);
  } else {
    const { undone, followUp, next, events = [] } = await driver.failed(plan, run, incident, verdict);
    judge({ undone, followUp });
    // Not cured: it is looked at anew, or handed to a person.
    if (next !== null && canMoveIncident(incident.state, next))
      plan.claim(incidentClaim(db, incident, { state: next })).tell(...events);
  }
  return (await commit(db, plan)) !== null;
}
