import { changeEffect, EFFECT_CALLS, effectText } from "@/lib/core/agents/change-effect";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { Plan } from "@/lib/db/plan";
import { findAgent } from "@/lib/db/queries/agents";
import { effectClaim, findChangeSeq, findNeighbours, listCalls, listToMeasure } from "@/lib/db/queries/changes";
import type { Change } from "@/lib/db/queries/sweep";
import { log } from "@/lib/log";

/** An effect is measured anew so often while calls are added to it, in ms. */
const AGAIN_MS = 60_000;
/** So long calls are waited for, in ms: what an agent costs by day it does not by night. */
const WAIT_MS = 86_400_000;
/** Changes measured in one turn: each reads some hundred events. */
const A_TURN = 5;

/**
 * Measures what calls were like before and after changes that nobody declared: until there are enough of them, another change follows, or a
 * day is over. Then it is settled, and told. Returns how many were settled.
 */
export async function measureChanges({ db, now }: { db: Db; now: number }): Promise<number> {
  let settled = 0;
  for (const change of await listToMeasure(db, now - AGAIN_MS, A_TURN)) {
    try {
      if (await measureOne(db, change, now)) settled += 1;
    } catch (err) {
      log().error({ err, change: change.id }, "could not measure the effect of a change");
    }
  }
  return settled;
}

async function measureOne(db: Db, change: Change, now: number): Promise<boolean> {
  const { id, subjectId: agentId, kind, note, at } = change;
  const [seq, { previous, next }] = await Promise.all([findChangeSeq(db, agentId, at), findNeighbours(db, change)]);
  // Where its events are gone there is nothing left to compare.
  const [before, after] =
    seq === null
      ? [[], []]
      : await Promise.all([
          listCalls(db, agentId, { before: seq, since: previous ?? 0, limit: EFFECT_CALLS }),
          listCalls(db, agentId, { from: seq, until: next ?? Infinity, limit: EFFECT_CALLS }),
        ]);
  const metrics = changeEffect(before, after);
  const isSettled = seq === null || next !== null || now - at >= WAIT_MS || after.length >= EFFECT_CALLS;
  const plan = new Plan().claim(effectClaim(db, id, { measuredAt: now, metrics }, isSettled));
  // What an older version left unmeasured is no news.
  if (isSettled && metrics.length > 0 && now - at < 2 * WAIT_MS)
    plan.tell({
      at: now,
      type: "change.measured",
      agentId,
      incidentId: (await findAgent(db, agentId))?.incidentId ?? null,
      text: `${agentId}: since the ${note ?? kind} changed: ${metrics.map(effectText).join("; ")}`,
      data: { change: id, kind },
    });
  return (await commit(db, plan)) !== null && isSettled;
}
