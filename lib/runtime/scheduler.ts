import { getDb } from "@/lib/db/client";
import { env } from "@/lib/env";
import { log } from "@/lib/log";
import { metrics } from "@/lib/metrics";
import { prune } from "./prune";
import { sweep, type SweepReport } from "./sweep";
import { processSweeper, releaseShards } from "@/lib/detection/sweeper";

/** How often old rows are looked for, in ms: pruning is bounded, so a little each time. */
const PRUNE_EVERY_MS = 60_000;
/** The same while there is more to do, in ms: a breath between bounded chunks. */
const PRUNE_AGAIN_MS = 1_000;

/**
 * Rest between two sweeps that requests ask for, in ms. Each sweep writes every detector that it moved: under load a few
 * large sweeps cost far less than many small ones, and nobody notices the difference in containment.
 */
const REST_MS = 200;

/** A sweeper that runs beside this process and does its sweeping. */
export interface Beside {
  /** Tells it that there is something to do. Never waits. */
  ask: () => void;
  stop: () => Promise<void>;
  /** Why it does not sweep just now; null while it does. */
  trouble: () => string | null;
}

interface Scheduler {
  /** Set by a server's start: tests and commands that call verbs do not sweep by themselves. */
  enabled: boolean;
  beside: Beside | null;
  timer: NodeJS.Timeout | null;
  /** The sweep that was asked for and has not begun. */
  asked: NodeJS.Timeout | null;
  pruneAt: number;
  pruning: boolean;
  last: Swept | null;
  /** When the next sweep may begin, by the clock that nobody sets: ms as of performance.now(). */
  restedAt: number;
}

/** A sweep that was done: when it began (epoch ms), how long it took in ms, what came of it. */
export interface Swept {
  at: number;
  ms: number;
  report: SweepReport;
}

const scheduler = (): Scheduler => {
  const global = globalThis as unknown as Record<symbol, Scheduler>;
  return (global[Symbol.for("sentinel.scheduler")] ??= {
    enabled: false,
    beside: null,
    timer: null,
    asked: null,
    pruneAt: 0,
    pruning: false,
    last: null,
    restedAt: 0,
  });
};

/** Takes a sweep into this process's metrics, whichever process did it. */
export function noteSweep(swept: Swept): void {
  scheduler().last = swept;
  metrics().sweepSeconds.observe(swept.ms / 1_000);
  metrics().sweepFailures.inc(swept.report.failed.length);
}

/** Why nobody sweeps for this process just now; null while all is well, or where that is left to a cron. */
export const sweeperTrouble = (): string | null => scheduler().beside?.trouble() ?? null;

/**
 * Sweeps now, or right after the sweep that is under way: calls that come meanwhile share that one. At most one sweep at a
 * time in this process. `told` hears of each.
 */
export async function runSweep(told?: (swept: Swept) => void): Promise<SweepReport> {
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
      const swept = { at, ms: performance.now() - began, report };
      noteSweep(swept);
      scheduler().restedAt = performance.now() + REST_MS;
      told?.(swept);
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
  const { last } = scheduler();
  if (!last) throw new Error("The sweep failed");
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
  if (s.beside) s.beside.ask();
  else if (s.enabled) sweepSoon();
}

function sweepSoon(told?: (swept: Swept) => void): void {
  const s = scheduler();
  if (s.asked) return;
  const rest = Math.max(0, s.restedAt - performance.now());
  s.asked = setTimeout(() => {
    s.asked = null;
    void runSweep(told).catch((err: unknown) => log().error({ err }, "sweep failed"));
  }, rest);
}

/**
 * Lets requests ask for sweeps, which are done beside this process where `beside` is given, else in it: how a process
 * without a sweeper of its own still answers quickly between two calls of a cron.
 */
export function letSweep(beside: Beside | null): void {
  Object.assign(scheduler(), { enabled: true, beside });
}

/** Sweeps every interval and whenever it is asked to, in this process, until stopped. A sweep that fails is logged; the next one tries again. */
export function startSweeping(told: (swept: Swept) => void): { soon: () => void } {
  const s = scheduler();
  const soon = () => sweepSoon(told);
  s.timer ??= setInterval(soon, env().SWEEP_INTERVAL_MS);
  soon();
  return { soon };
}

/** Stops, waits for the sweep under way, and gives the shards back. Decides nothing. */
export async function stopScheduler(): Promise<void> {
  const s = scheduler();
  if (s.timer) clearInterval(s.timer);
  if (s.asked) clearTimeout(s.asked);
  Object.assign(s, { timer: null, asked: null, enabled: false });
  await s.beside?.stop();
  const sweeper = processSweeper();
  await sweeper.running?.catch(() => undefined);
  await releaseShards(await getDb(), sweeper);
}
