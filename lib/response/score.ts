import type { Verdicts } from "@/lib/core/scoring/question";
import { score } from "@/lib/core/scoring/score";
import { commit } from "@/lib/db/commit";
import type { Db, Statement } from "@/lib/db/client";
import type { Incident } from "@/lib/db/queries/incidents";
import { listAllCauses } from "@/lib/db/queries/investigations";
import {
  findScores,
  firstScores,
  goesOnElsewhere,
  type IncidentScores,
  listUnscored,
  scoresClaim,
  noLongerDue,
} from "@/lib/db/queries/scores";
import { log } from "@/lib/log";
import { trajectoryOf } from "./trajectory";

/** Incidents scored a turn: each is a dozen reads, and a database that was there before scores may have thousands. */
const A_TURN = 10;

/**
 * Scores what has closed, on what needs no truth. It comes after the end of an incident, never before it: what is not scored
 * yet is found by the next turn. One that cannot be scored is logged, put into `unscorable`, and left alone.
 */
export async function scoreClosed(db: Db, unscorable: Set<string>, now: number): Promise<number> {
  let scored = 0;
  for (const incident of await listUnscored(db, [...unscorable], A_TURN)) {
    try {
      if (await scoreFirst(db, incident, now)) scored += 1;
    } catch (err) {
      unscorable.add(incident.id);
      log().error({ err, incident: incident.id }, "could not score an incident");
    }
  }
  return scored;
}

/**
 * The thumb on the first cause and a verdict on the hold, given before the incident closed, are the verdicts on them. What an older version
 * scored is scored anew where it is due.
 */
async function scoreFirst(db: Db, incident: Incident, now: number): Promise<boolean> {
  if (await goesOnElsewhere(db, incident.id)) {
    await commit(db, { claims: [noLongerDue(incident.id)] });
    return false;
  }
  const before = await findScores(db, incident.id);
  if (before) {
    const by = before.verdictBy;
    const anew = await rescore(db, incident, before, {}, by, now);
    return (await commit(db, { claims: [noLongerDue(incident.id), ...anew] })) !== null;
  }
  const [first] = await listAllCauses(db, incident.id);
  const thumb = first?.feedback ?? 0;
  const { holdRight, holdRightBy } = incident;
  const verdicts: Verdicts = {
    ...(thumb === 0 ? {} : { causeRight: thumb > 0 }),
    ...(holdRight === null ? {} : { heldRight: holdRight }),
  };
  const scored = score(await trajectoryOf(db, incident), null, verdicts);
  const by = { thumb, holdRight, by: first?.feedbackBy ?? holdRightBy };
  return (await commit(db, { claims: firstScores(db, incident.id, scored, verdicts, by, now) })) !== null;
}

/** Claims: the scores of an incident with these verdicts added to those that it has. A list, since a query that is awaited is run. */
export async function rescore(
  db: Db,
  incident: Incident,
  before: IncidentScores,
  verdicts: Verdicts,
  by: string | null,
  now: number,
): Promise<Statement[]> {
  const all = { ...before.verdicts, ...verdicts };
  return [scoresClaim(db, before, score(await trajectoryOf(db, incident), null, all), all, by, now)];
}
