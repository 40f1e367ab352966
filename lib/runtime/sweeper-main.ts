import { closeDb, getDb } from "@/lib/db/client";
import { onCommit } from "@/lib/db/commit";
import { releaseDeadLeases } from "@/lib/detection/sweeper";
import { loadEnvFile } from "@/lib/env";
import { log } from "@/lib/log";
import { exitAfterShutdown, onShutdown } from "@/lib/shutdown";
import { onWake } from "@/lib/wake";
import { onSwept } from "./agent-loop";
import { countOpened } from "./count-opened";
import { startLoops, stopLoops, wakeHere } from "./loops";
import { startTelemetry } from "./telemetry";
import type { FromSweeper, ToSweeper } from "./sweeper-message";

/**
 * The sweeper beside a server: takes the turns of every loop, regularly and when it is asked to, and tells the server of its
 * sweeps and commits. It ends in order, giving its shards back, on a signal or when the server is gone.
 */
function main(): void {
  loadEnvFile();
  const tell = (message: FromSweeper) => {
    if (process.connected) process.send!(message, () => undefined);
  };
  let ending: Promise<void> | undefined;
  // A terminal tells both processes, and then the server tells its sweeper: once is enough.
  onShutdown(() => (ending ??= end()));
  exitAfterShutdown();
  // The server's death is told by the end of the channel, even where it was killed.
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  let told = false;
  let opened = 0;
  onCommit((events) => {
    opened += countOpened(events);
    if (told) return;
    told = true;
    // A sweep's commits come in a row: they are told of together.
    setImmediate(() => {
      told = false;
      tell({ kind: "committed", opened });
      opened = 0;
    });
  });
  void takeOver().then(() => {
    if (ending) return;
    onSwept((swept) => tell({ kind: "swept", ...swept }));
    startLoops();
    onWake(wakeHere);
    process.on("message", (message: ToSweeper) => message.loops.forEach(wakeHere));
  });
}

/** What a sweeper held that was killed here is free at once. If that cannot be done, its leases run out by themselves. */
async function takeOver(): Promise<void> {
  await startTelemetry();
  try {
    await releaseDeadLeases(await getDb());
  } catch (err) {
    log().warn({ err }, "could not release the leases of a killed process");
  }
}

async function end(): Promise<void> {
  await stopLoops();
  await closeDb();
  if (process.connected) process.disconnect();
}

try {
  main();
} catch (err) {
  log().fatal({ err }, "the sweeper could not start");
  process.exit(1);
}
