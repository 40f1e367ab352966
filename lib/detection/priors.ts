import { and, eq, lte, ne, or, sql } from "drizzle-orm";
import { buildPrior, isLearning, summarise, type TypePrior } from "@/lib/core/detection/detect";
import type { Db } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import { listDetectors } from "@/lib/db/queries/sweep";
import { agents } from "@/lib/db/schema";
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
  const trusted = or(ne(agents.keyId, agent.keyId ?? ""), lte(agents.firstSeenAt, now - TRUSTED_AGE_MS));
  const rows = await db
    .select({ id: agents.id })
    .from(agents)
    .where(and(eq(agents.type, agent.type), ne(agents.id, agent.id), eq(agents.state, "healthy"), trusted))
    .orderBy(sql`${agents.eventCount} DESC`)
    .limit(MAX_PEERS);
  const detectors = await listDetectors(
    db,
    rows.map((row) => row.id),
  );
  return detectors.map((row) => summarise(row.state));
}
