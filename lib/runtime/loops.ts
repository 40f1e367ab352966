import { drillLoop, DRILL_TURN_MS, stopDrills } from "@/lib/drills/loop";
import { env } from "@/lib/env";
import type { LoopName } from "@/lib/wake";
import { agentLoop, stopAgentLoop } from "./agent-loop";
import type { Loop } from "./loop";
import { NOTIFY_TURN_MS, notifyLoop } from "./notify-loop";
import { SERVICE_TURN_MS, serviceLoop, stopServiceLoop } from "./service-loop";

const loopOf: Record<LoopName, () => Loop<unknown>> = {
  agents: agentLoop,
  services: serviceLoop,
  drills: drillLoop,
  notifications: notifyLoop,
};

/** Asks a loop of this process for a turn soon. */
export const wakeHere = (loop: LoopName): void => loopOf[loop]().soon();

/** Has every loop of this process take its turns until stopped. */
export function startLoops(): void {
  agentLoop().start(env().SWEEP_INTERVAL_MS);
  serviceLoop().start(SERVICE_TURN_MS);
  drillLoop().start(DRILL_TURN_MS);
  notifyLoop().start(NOTIFY_TURN_MS);
}

/** Stops every loop of this process in order. Decides nothing. */
export async function stopLoops(): Promise<void> {
  await Promise.all([stopAgentLoop(), stopServiceLoop(), stopDrills(), notifyLoop().stop()]);
}
