import { closeDb, getDb } from "@/lib/db/client";
import { onCommit } from "@/lib/db/commit";
import { startDrills, stopDrills, wakeDrills } from "@/lib/drills/loop";
import { loadEnvFile } from "@/lib/env";
import { log } from "@/lib/log";
import { exitAfterShutdown, onShutdown } from "@/lib/shutdown";
import { startSweeping, stopScheduler } from "./scheduler";
import { startServices, stopServices, wakeServices } from "./service-process";
import { countOpened } from "./count-opened";
import type { FromSweeper } from "./sweep-message";
import { leaveOfTheDead } from "@/lib/detection/sweeper";

/**
 * The sweeper beside a server: sweeps every interval and when it is asked to, takes turns over the services, plays the drills, and tells the server of its sweeps and
 * commits. It ends in order, giving its shards back, on a signal or when the server is gone.
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
    const { soon } = startSweeping((swept) => tell({ kind: "swept", ...swept }));
    startServices();
    startDrills();
    process.on("message", () => {
      soon();
      wakeServices();
      wakeDrills();
    });
  });
}

/** What a sweeper held that was killed here is free at once. If that cannot be done, its leases run out by themselves. */
async function takeOver(): Promise<void> {
  try {
    await leaveOfTheDead(await getDb());
  } catch (err) {
    log().warn({ err }, "leases of a process that was killed could not be ended");
  }
}

async function end(): Promise<void> {
  await Promise.all([stopScheduler(), stopServices(), stopDrills()]);
  await closeDb();
  if (process.connected) process.disconnect();
}

try {
  main();
} catch (err) {
  log().fatal({ err }, "the sweeper could not start");
  process.exit(1);
}
