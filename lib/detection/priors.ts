import { buildPrior, isLearning, summarise, type TypePrior } from "@/lib/core/detection/detect";
import type { Db } from "@/lib/db/client";
import { type Agent, listHealthyPeers } from "@/lib/db/queries/agents";
import { listDetectors } from "@/lib/db/queries/sweep";
import type { Detector } from "@/lib/response/agents/detector";
import type { HeldShard } from "./sweeper";

/** Peers looked at for a prior: more add nothing to a median. */
const MAX_PEERS = 40;
/** A prior is as good a minute later: peers change slowly. */
const FRESH_MS = 60_000;
/** Agents this old may speak for their type even to agents of their own key: nobody prepares a poisoning for a week. */
const TRUSTED_AGE_MS = 7 * 24 * 3_600_000;

const cache = new WeakMap<HeldShard, Map<string, { at: number; prior: TypePrior | null }>>();

/**
 * What a cold agent borrows from its type; null once it has a baseline of its own, or where nobody may speak for the
 * type. Only agents of other keys, or older than a week, count, so that one key cannot prepare a lenient prior.
 */
export async function priorFor(
  shard: HeldShard,
  ctx: { db: Db; now: number },
  agent: Agent,
  detector: Detector,
): Promise<TypePrior | null> {
  if (!isLearning(detector.state)) return null;
  const mine = cache.get(shard) ?? new Map<string, { at: number; prior: TypePrior | null }>();
  cache.set(shard, mine);
  const key = JSON.stringify([agent.type, agent.keyId]);
  const known = mine.get(key);
  if (known && ctx.now - known.at < FRESH_MS) return known.prior;
  const prior = buildPrior(await peers(ctx.db, agent, ctx.now));
  mine.set(key, { at: ctx.now, prior });
  return prior;
}

async function peers(db: Db, agent: Agent, now: number) {
  const ids = await listHealthyPeers(db, agent, now - TRUSTED_AGE_MS, MAX_PEERS);
  const detectors = await listDetectors(db, ids);
  return detectors.map((row) => summarise(row.state));
}
