import { SHARED_CAUSE } from "@/lib/core/agents/fleet";
import { judgeProbation } from "@/lib/core/agents/probation";
import type { Db } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import { listUntouchedPeers } from "@/lib/db/queries/corroboration";
import type { AgentRun } from "@/lib/db/queries/healing";

/** Peers that fell ill at most this long before the action are of the same time, in ms. */
const WINDOW_MS = 10 * 60_000;
/** One peer that got well at the same time is a coincidence. */
const MIN_PEERS = 2;

/**
 * Of the untouched agents of the same type or provider that were ill in the same way when the action began: how many are back in band.
 * If most recovered untouched, the action is not what helped. Peers that are held, and so say nothing, do not count;
 * null when there are none that do.
 */
export async function peersOf(db: Db, agent: Agent, run: AgentRun): Promise<{ ill: number; recovered: number } | null> {
  const rows = await listUntouchedPeers(db, agent, run.incidentId, run.startedAt - WINDOW_MS);
  const ill = rows
    .filter((row) => row.closedAt === null || row.closedAt >= run.startedAt)
    .map((row) => ({ ...row, released: row.own !== row.incidentId }))
    .filter((row) => row.watch !== null || row.released);
  // What one other key's agents report must not decide whether a cure counts.
  const parties = new Set([agent.keyId, ...ill.map((row) => row.keyId)]).size;
  const counted = parties >= SHARED_CAUSE.minKeys ? ill : ill.filter((row) => row.keyId === agent.keyId);
  if (counted.length < MIN_PEERS) return null;
  const recovered = counted.filter(
    (row) => row.released || (row.watch !== null && judgeProbation(row.watch).kind === "recovered"),
  );
  return { ill: counted.length, recovered: recovered.length };
}
