import { getDb } from "@/lib/db/client";
import { env } from "@/lib/env";
import { log } from "@/lib/log";
import { metrics } from "@/lib/metrics";
import { prune } from "./prune";
import { sweep, type SweepReport } from "./sweep";
import { processSweeper, releaseShards } from "./sweeper";

/** How often old rows are looked for, in ms: pruning is bounded, so a little each time. */
const PRUNE_EVERY_MS = 60_000;
/** The same while there is more to do, in ms: a breath between bounded chunks. */
const PRUNE_AGAIN_MS = 1_000;

/**
 * Rest between two sweeps that requests ask for, in ms. Each sweep writes every detector that it moved: under load a few
 * large sweeps cost far less than many small ones, and nobody notices the difference in containment.
 */
const REST_MS = 200;

interface Scheduler {
  /** Set by a server's start: tests and commands that call verbs do not sweep by themselves. */
  enabled: boolean;
  timer: NodeJS.Timeout | null;
  /** The sweep that was asked for and has not begun. */
  asked: NodeJS.Timeout | null;
  pruneAt: number;
  pruning: boolean;
  last: { at: number; ms: number; report: SweepReport } | null;
}

const scheduler = (): Scheduler => {
  const global = globalThis as unknown as Record<symbol, Scheduler>;
  return (global[Symbol.for("sentinel.scheduler")] ??= {
    enabled: false,
    timer: null,
    asked: null,
    pruneAt: 0,
    pruning: false,
    last: null,
  });
};

/** The newest sweep of this process; null before the first. */
export const lastSweep = () => scheduler().last;

/**
 * Sweeps now, or right after the sweep that is under way: calls that come meanwhile share that one. At most one sweep at a
 * time in this process.
 */
export async function runSweep(): Promise<SweepReport> {
  const sweeper = processSweeper();
  if (sweeper.running) {
    sweeper.again = true;
    await sweeper.running;
    return newest();
  }
  sweeper.running = (async () => {
    do {
      sweeper.again = false;
      const db = await getDb();
      const began = performance.now();
      const at = Date.now();
      const report = await sweep(db, at);
      const ms = performance.now() - began;
      scheduler().last = { at, ms, report };
      metrics().sweepSeconds.observe(ms / 1_000);
      metrics().sweepFailures.inc(report.failed.length);
      metrics().incidentsOpened.inc(report.opened);
      pruneSometimes(at);
    } while (sweeper.again);
  })();
  try {
    await sweeper.running;
  } finally {
    sweeper.running = null;
  }
  return newest();
}

function newest(): SweepReport {
  const last = lastSweep();
  if (!last) throw new Error("The sweep that was waited for failed");
  return last.report;
}

/** Prunes beside the sweeps, never inside one, and again soon while there is more. */
function pruneSometimes(now: number): void {
  const s = scheduler();
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

/** Asks for a sweep soon, without waiting for it: right after an ingest, a decision, a command. */
export function requestSweep(): void {
  const s = scheduler();
  if (!s.enabled || s.asked) return;
  const rest = s.last ? Math.max(0, s.last.at + s.last.ms + REST_MS - Date.now()) : 0;
  s.asked = setTimeout(() => {
    s.asked = null;
    void runSweep().catch((err: unknown) => log().error({ err }, "sweep failed"));
  }, rest);
}

/** Lets requests ask for sweeps and, unless that is left to a cron, sweeps every interval until stopped. A sweep that fails is logged; the next one tries again. */
export function startScheduler(): void {
  const s = scheduler();
  s.enabled = true;
  if (s.timer || !env().SWEEP_IN_PROCESS) return;
  s.timer = setInterval(requestSweep, env().SWEEP_INTERVAL_MS);
  requestSweep();
}

/** Stops, waits for the sweep under way, and gives the shards back. Decides nothing. */
export async function stopScheduler(): Promise<void> {
  const s = scheduler();
  if (s.timer) clearInterval(s.timer);
  if (s.asked) clearTimeout(s.asked);
  s.timer = null;
  s.asked = null;
  s.enabled = false;
  const sweeper = processSweeper();
  await sweeper.running?.catch(() => undefined);
  await releaseShards(await getDb(), sweeper);
}
