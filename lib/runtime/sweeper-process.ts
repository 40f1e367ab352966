import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { wakeTails } from "@/lib/db/commit";
import { childEnv, env } from "@/lib/env";
import { log } from "@/lib/log";
import { metrics } from "@/lib/metrics";
import { programArgs } from "@/lib/programs.mjs";
import type { LoopName } from "@/lib/wake";
import { countSweep } from "./agent-loop";
import type { FromSweeper, ToSweeper } from "./sweeper-message";

/** From the working directory, where the data and the migrations are looked for too. */
const PROGRAM = "lib/runtime/sweeper-main.ts";
/** Rest before a sweeper that ended is started again, in ms: doubled each time it ends before its first sweep. */
const RESTART_MS = { first: 250, longest: 30_000 };
/** A sweeper may take this long from its start to its first sweep, in ms: a busy machine needs many seconds to load it. */
const START_MS = 60_000;
/** How often a sweeper that hangs is looked for, in ms. */
const LOOK_EVERY_MS = 1_000;

/** A sweeper that runs beside this process and takes the turns of every loop. */
export interface SweeperProcess {
  /** Tells it that there is something to do. Never waits. */
  wake: (loop: LoopName) => void;
  stop: () => Promise<void>;
}

/** One Next process holds several copies of this module: they share what is known of the sweeper. */
const shared = (): { trouble: () => string | null } => {
  const global = globalThis as unknown as Record<symbol, { trouble: () => string | null }>;
  return (global[Symbol.for("sentinel.sweeper-process")] ??= { trouble: () => null });
};

/** Why the sweeper beside this process does not sweep just now; null while all is well, or where that is left to a cron. */
export const sweeperTrouble = (): string | null => shared().trouble();

/**
 * Sweeps in a process of its own, so that judging does not hold up those who report: it has its own event loop, heap and
 * connection, and finds its work in the database. A sweeper that ends is started again; one that reports no sweep for
 * SWEEP_STALE_MS (for START_MS after its start) hangs, and is ended first. When this process ends, however it ends, its sweeper does.
 */
export function spawnSweeper(): SweeperProcess {
  let child: ChildProcess;
  /** When the present one was started or last reported a sweep, by the clock that nobody sets. */
  let lastSweepAt = 0;
  let swept = false;
  let rest = RESTART_MS.first;
  let again: NodeJS.Timeout | undefined;
  let stopping = false;
  const asked = new Set<LoopName>();

  function start(): void {
    lastSweepAt = performance.now();
    swept = false;
    child = spawn(process.execPath, programArgs(PROGRAM), {
      env: childEnv({}),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.on("message", (message) => receive(message as FromSweeper));
    child.once("error", (err) => log().error({ err }, "the sweeper could not be started"));
    child.once("close", (code, signal) => {
      swept = false;
      if (stopping) return;
      log().error({ code, signal, againInMs: rest }, "the sweeper exited; it is being restarted");
      again = setTimeout(start, rest);
      rest = Math.min(2 * rest, RESTART_MS.longest);
    });
  }

  function receive(message: FromSweeper): void {
    switch (message.kind) {
      case "swept":
        lastSweepAt = performance.now();
        swept = true;
        rest = RESTART_MS.first;
        countSweep(message);
        return;
      case "committed":
        wakeTails();
        metrics().incidentsOpened.inc(message.opened);
        return;
    }
  }

  function send(message: ToSweeper): void {
    // One that ends at this very moment finds its work by itself once it is back.
    if (child.connected) child.send(message, () => undefined);
  }

  const watch = setInterval(() => {
    const silentMs = Math.round(performance.now() - lastSweepAt);
    const limitMs = swept ? env().SWEEP_STALE_MS : Math.max(env().SWEEP_STALE_MS, START_MS);
    if (child.exitCode !== null || child.signalCode !== null || silentMs < limitMs) return;
    log().error({ silentMs }, "the sweeper hangs; it is being stopped");
    child.kill("SIGKILL");
  }, LOOK_EVERY_MS).unref();

  shared().trouble = () => (swept ? null : "the sweeper has not swept since it was started");
  start();
  return {
    wake: (loop) => {
      asked.add(loop);
      if (asked.size > 1) return;
      // Requests that arrive together ask once.
      setImmediate(() => {
        send({ kind: "wake", loops: [...asked] });
        asked.clear();
      });
    },
    stop: async () => {
      stopping = true;
      clearTimeout(again);
      clearInterval(watch);
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const ended = once(child, "close");
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
