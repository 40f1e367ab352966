import { createDetector } from "@/lib/core/detection/detect";
import { createIngestGaps, type IngestGaps, recordGap } from "@/lib/core/detection/ingest-gaps";
import { type Db, write } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { listLiveIds } from "@/lib/db/queries/agents";
import { releaseShard, endLeases, listDetectors, listOwners, takeLease } from "@/lib/db/queries/sweep";
import type { Detector } from "@/lib/response/agents/detector";
import { isDeadOwner, newOwner } from "@/lib/db/owner";
import { shardOf } from "@/lib/db/shards";

/**
 * How long a shard stays with a process that fell silent: so long nobody judges its events after a crash. A sweep that takes
 * longer may lose the shard to another process; its fence then keeps it from writing.
 */
export const LEASE_MS = 5_000;
/** Agents that reported within this are looked at when they fall quiet, even by a process that has no events of them, in ms. */
const LIVE_MS = 15 * 60_000;
/** Detectors kept in memory per shard; beyond it the least recently used is read anew when it is needed. */
const MAX_DETECTORS = 4_000;

const STATE_VERSION = createDetector().v;

/** One shard as this process holds it. `detectors` is a cache of what was last committed. */
export interface HeldShard {
  id: number;
  fence: number;
  cursor: number;
  until: number;
  committedAt: number;
  /** When its quiet agents were last looked at. */
  tickedAt: number;
  detectors: Map<string, Detector>;
  /** Agents of the shard whose silence is judged, the most recently live last. */
  live: Set<string>;
}

/** What one process remembers between sweeps; everything in it can be read again from the database. */
export interface Sweeper {
  owner: string;
  held: Map<number, HeldShard>;
  ingestGaps: IngestGaps;
}

export const createSweeper = (): Sweeper => ({
  owner: newOwner(),
  held: new Map(),
  ingestGaps: createIngestGaps(),
});

/** This process's sweeper: one, however many copies of this module there are. */
export function processSweeper(): Sweeper {
  const global = globalThis as unknown as Record<symbol, Sweeper>;
  return (global[Symbol.for("sentinel.sweeper")] ??= createSweeper());
}

/** The shard, if this process holds it or can take it; null while another one does. */
export async function hold(db: Db, sweeper: Sweeper, id: number, now: number): Promise<HeldShard | null> {
  const held = sweeper.held.get(id);
  if (held && now < held.until) return held;
  sweeper.held.delete(id);
  const until = now + LEASE_MS;
  const won = await commit(db, { claims: [takeLease(id, sweeper.owner, now, until)] });
  const row = won?.[0]?.rows[0];
  if (!row) return null;
  // Since its last sweep nobody has listened.
  if (row.swept_at !== null) recordGap(sweeper.ingestGaps, Number(row.swept_at), now);
  const fence = Number(row.fence);
  // Nobody had it in between: what is remembered of it still holds.
  const mine = held !== undefined && fence === held.fence + 1;
  const shard = {
    id,
    fence,
    cursor: Number(row.cursor),
    until,
    committedAt: 0,
    tickedAt: 0,
    detectors: mine ? held.detectors : new Map(),
    live: mine ? held.live : await liveOf(db, id, now),
  };
  sweeper.held.set(id, shard);
  return shard;
}

/** An agent that falls silent while nobody looks is found by whoever looks next. */
const liveOf = async (db: Db, shard: number, now: number): Promise<Set<string>> =>
  new Set((await listLiveIds(db, now - LIVE_MS)).filter((id) => shardOf(id) === shard).slice(-MAX_DETECTORS));

/** Moves these agents of the shard to the live end of its list; the least recently live ones make room. */
export function markLive(shard: HeldShard, ids: Iterable<string>): void {
  for (const id of ids) {
    shard.live.delete(id);
    shard.live.add(id);
  }
  for (const id of shard.live) {
    if (shard.live.size <= MAX_DETECTORS) return;
    shard.live.delete(id);
  }
}

/** Lets go of what processes of this machine held that were killed: whoever starts in their place takes over at once. */
export async function releaseDeadLeases(db: Db): Promise<void> {
  const gone = (await listOwners(db)).filter(isDeadOwner);
  if (gone.length > 0) await write(db, endLeases(gone));
}

/** Lets go of every shard, at shutdown. */
export async function releaseShards(db: Db, sweeper: Sweeper): Promise<void> {
  const held = [...sweeper.held.values()];
  sweeper.held.clear();
  if (held.length > 0)
    await write(
      db,
      held.map((shard) => releaseShard(shard.id, shard.fence)),
    );
}

/** The detectors of these agents, from memory or as they were last saved; new ones for agents never judged. */
export async function loadDetectors(db: Db, shard: HeldShard, ids: readonly string[]): Promise<Map<string, Detector>> {
  const missing = ids.filter((id) => !shard.detectors.has(id));
  for (const row of await listDetectors(db, missing))
    shard.detectors.set(row.agentId, {
      // A state of another version of the detector cannot be read by this one: the agent is learned anew.
      state: row.state.v === STATE_VERSION ? row.state : createDetector(),
      agentState: row.agentState,
    });
  for (const id of missing)
    if (!shard.detectors.has(id)) shard.detectors.set(id, { state: createDetector(), agentState: "learning" });
  const wanted = new Map(ids.map((id) => [id, shard.detectors.get(id)!]));
  // Most recently used last; the first ones make room.
  for (const [id, detector] of wanted) {
    shard.detectors.delete(id);
    shard.detectors.set(id, detector);
  }
  for (const id of shard.detectors.keys()) {
    if (shard.detectors.size <= Math.max(MAX_DETECTORS, ids.length)) break;
    shard.detectors.delete(id);
  }
  return wanted;
}
