import { canMoveIncident } from "@/lib/core/base/lifecycle";
import { commit } from "@/lib/db/commit";
import { Plan } from "@/lib/db/plan";
import { type ActionRun, judgeClaim } from "@/lib/db/queries/healing";
import { getIncident, type Incident, incidentClaim } from "@/lib/db/queries/incidents";
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
  const incident = await getIncident(driver.db, run.incidentId);
  const plan = new Plan();
  if (verdict.outcome === "recovered") await recovered(plan, driver, run, incident, verdict);
  else await failed(plan, driver, run, incident, verdict);
  return (await commit(driver.db, plan)) !== null;
}

async function recovered<T extends Target, R extends ActionRun>(
  plan: Plan,
  driver: Driver<T, R>,
  run: R,
  incident: Incident,
  verdict: Verdict,
): Promise<void> {
  const { db, now } = driver;
  const { reason, verification } = verdict;
  plan
    .claim(judgeClaim(db, run.id, { outcome: "recovered", verification, judgedAt: now }))
    .tell(judgedEvent(run, { outcome: "recovered", reason }, now));
  const closing = await driver.recovered(plan, run, incident, verdict);
  const cured = { ...run, outcome: "recovered" as const, verification };
  await close(plan, db, incident, { state: "resolved", healed: true, run: cured, ...closing }, now);
}

/** Not cured: taken back where that can be done, then looked at anew, or handed to a person. */
async function failed<T extends Target, R extends ActionRun>(
  plan: Plan,
  driver: Driver<T, R>,
  run: R,
  incident: Incident,
  verdict: Verdict,
): Promise<void> {
  const { db, now } = driver;
  const { outcome, reason, verification, state = run.state } = verdict;
  const { undone, followUp, next, events = [] } = await driver.failed(plan, run, incident, verdict);
  plan
    .claim(judgeClaim(db, run.id, { outcome, state, verification, judgedAt: now, undoneAt: undone ? now : null }))
    .tell(judgedEvent(run, { outcome, reason, followUp, undone }, now));
  if (next === null || !canMoveIncident(incident.state, next)) return;
  plan.claim(incidentClaim(db, incident, { state: next })).tell(...events);
}
