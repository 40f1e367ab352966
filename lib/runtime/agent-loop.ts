import { getDb } from "@/lib/db/client";
import { processSweeper, releaseShards } from "@/lib/detection/sweeper";
import { log } from "@/lib/log";
import { metrics } from "@/lib/metrics";
import { traced } from "@/lib/telemetry/telemetry";
import { Loop } from "./loop";
import { prune } from "./prune";
import { sweep, type SweepReport } from "./sweep";

/** How often old rows are looked for, in ms: pruning is bounded, so a little each time. */
const PRUNE_EVERY_MS = 60_000;
/** The same while there is more to do, in ms: a breath between bounded chunks. */
const PRUNE_AGAIN_MS = 1_000;

/**
 * Rest between two sweeps that requests ask for, in ms. Each sweep writes every detector that it moved: under load a few
 * large sweeps cost far less than many small ones, and nobody notices the difference in containment.
 */
const REST_MS = 200;

/** A sweep that was done: when it began (epoch ms), how long it took in ms, what came of it. */
export interface Swept {
  at: number;
  ms: number;
  report: SweepReport;
}

interface State {
  loop: Loop<SweepReport>;
  pruneAt: number;
  pruning: boolean;
  /** Hears of each sweep of this process. */
  told: ((swept: Swept) => void) | null;
}

/** One Next process holds several copies of this module: they share one loop. */
const state = (): State => {
  const global = globalThis as unknown as Record<symbol, State>;
  return (global[Symbol.for("sentinel.agent-loop")] ??= {
    loop: new Loop({ name: "a sweep", turn, restMs: REST_MS }),
    pruneAt: 0,
    pruning: false,
    told: null,
  });
};

/** The sweeps of this process over agents. */
export const agentLoop = (): Loop<SweepReport> => state().loop;

/** `told` hears of each sweep of this process from here on. */
export function onSwept(told: (swept: Swept) => void): void {
  state().told = told;
}

async function turn(): Promise<SweepReport> {
  const db = await getDb();
  const began = performance.now();
  const at = Date.now();
  const report = await traced("sweep", () => sweep(db, at), whatCameOf);
  const swept = { at, ms: performance.now() - began, report };
  countSweep(swept);
  state().told?.(swept);
  pruneSometimes(at);
  return report;
}

/** What a sweep came to; null: nothing, as most of a quiet fleet. */
function whatCameOf({ failed, skipped, ...counts }: SweepReport): Record<string, number> | null {
  const all = Object.entries({ ...counts, failed: failed.length });
  if (all.every(([, n]) => n === 0)) return null;
  return Object.fromEntries([...all, ["skipped", skipped] as const].map(([name, n]) => [`sentinel.sweep.${name}`, n]));
}

/** Takes a sweep into this process's metrics, whichever process did it. */
export function countSweep({ ms, report }: Swept): void {
  metrics().sweepSeconds.observe(ms / 1_000);
  metrics().sweepFailures.inc(report.failed.length);
}

/** Prunes beside the sweeps, never inside one, and again soon while there is more. */
function pruneSometimes(now: number): void {
  const s = state();
  if (s.pruning || now < s.pruneAt) return;
  s.pruning = true;
  void (async () => {
    const report = await prune(await getDb(), Date.now());
    s.pruneAt = Date.now() + (report?.more ? PRUNE_AGAIN_MS : PRUNE_EVERY_MS);
  })()
    .catch((err: unknown) => {
      s.pruneAt = Date.now() + PRUNE_EVERY_MS;
      log().error({ err }, "pruning failed");
    })
    .finally(() => (s.pruning = false));
}

/** Stops, waits for the sweep under way, and gives the shards back. Decides nothing. */
export async function stopAgentLoop(): Promise<void> {
  await agentLoop().stop();
  await releaseShards(await getDb(), processSweeper());
}
