import { newOwner } from "@/lib/db/owner";
import { freshWatch, type WatchMemory } from "@/lib/detection/services/watch";
import type { Underway } from "@/lib/response/services/context";

/** What one process remembers between two turns over services; all that matters is in the database. */
export interface ServiceRuntime extends Underway {
  watch: WatchMemory;
  watchedAt: number;
  scoredAt: number;
  /** Closed incidents that could not be scored: they are not tried again by this process. */
  unscorable: Set<string>;
  /** Acts and investigations under way, for those who wait for an orderly end. */
  pending: Set<Promise<unknown>>;
}

export const freshRuntime = (): ServiceRuntime => ({
  owner: newOwner(),
  watch: freshWatch(),
  watchedAt: 0,
  scoredAt: 0,
  unscorable: new Set(),
  underway: new Set(),
  investigating: new Map(),
  measuring: new Map(),
  pending: new Set(),
});
