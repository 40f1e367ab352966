import { createInterface } from "node:readline";

/**
 * Ends what a killed program leaves behind. It is told of children over its standard input, a line each: `+PID` when one was started, `-PID` when
 * it has ended. When that input closes, its owner is gone, however it went: who is left is asked to end, and made to after the grace (ms, its
 * argument).
 */

const GRACE_MS = Number(process.argv[2]);
const LOOK_MS = 100;
/** @type {Set<number>} */
const running = new Set();

/** Signals those that run and forgets the others, whose ids may be given again. @param {"SIGTERM" | "SIGKILL" | 0} signal */
function signalAll(signal) {
  for (const pid of running)
    try {
      process.kill(pid, signal);
    } catch {
      running.delete(pid);
    }
}

// A terminal that is closed, or Ctrl-C, is meant for its owner, who may need longer.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith("+")) running.add(pid);
  else running.delete(pid);
}
signalAll("SIGTERM");
const until = performance.now() + GRACE_MS;
const looking = setInterval(() => {
  signalAll(performance.now() < until ? 0 : "SIGKILL");
  if (running.size === 0) clearInterval(looking);
}, LOOK_MS);
