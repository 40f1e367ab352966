import { randomUUID } from "node:crypto";
import { createDetector, type DetectorState } from "@/lib/core/detect";
import type { AgentState } from "@/lib/core/vocabulary";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { giveBack, listDetectors, takeLease } from "@/lib/db/queries/sweep";
import { write } from "@/lib/db/client";

/**
 * How long a shard stays with a process that fell silent: so long nobody judges its events after a crash. A sweep that takes
 * longer may lose the shard to another process; its fence then keeps it from writing.
 */
export const LEASE_MS = 5_000;
/** Detectors kept in memory per shard; beyond it the least recently used is read anew when it is needed. */
const MAX_DETECTORS = 4_000;

const STATE_VERSION = createDetector().v;

export interface Detector {
  state: DetectorState;
  agentState: AgentState;
}

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
}

/** What one process remembers between sweeps; everything in it can be read again from the database. */
export interface Sweeper {
  owner: string;
  held: Map<number, HeldShard>;
  running: Promise<unknown> | null;
  again: boolean;
}

export const createSweeper = (): Sweeper => ({ owner: randomUUID(), held: new Map(), running: null, again: false });

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
  const shard = {
    id,
    fence: Number(row.fence),
    cursor: Number(row.cursor),
    until,
    committedAt: 0,
    tickedAt: 0,
    detectors: new Map(),
  };
  sweeper.held.set(id, shard);
  return shard;
}

/** Lets go of every shard, at shutdown. */
export async function releaseShards(db: Db, sweeper: Sweeper): Promise<void> {
  const held = [...sweeper.held.values()];
  sweeper.held.clear();
  if (held.length > 0)
    await write(
      db,
      held.map((shard) => giveBack(shard.id, shard.fence)),
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
