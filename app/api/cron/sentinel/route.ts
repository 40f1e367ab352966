import { CRON } from "@/lib/contracts/overview";
import { settleDrills, turnDrills } from "@/lib/drills/loop";
import { route } from "@/lib/http/route";
import { runSweep } from "@/lib/runtime/scheduler";
import { runServiceTurn, settleServices } from "@/lib/runtime/service-process";

/** Every loop once. What the turn over services begins is waited for: a serverless process may sleep right after its answer. */
async function sweepAll() {
  const [report] = await Promise.all([runSweep(), runServiceTurn(), turnDrills()]);
  await Promise.all([settleServices(), settleDrills()]);
  return report;
}

export const { GET, POST, PUT, PATCH, DELETE } = route(CRON, { GET: sweepAll, POST: sweepAll });
