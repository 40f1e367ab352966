import { CRON } from "@/lib/contracts/overview";
import { drillLoop, settleDrills } from "@/lib/drills/loop";
import { route } from "@/lib/http/route";
import { agentLoop } from "@/lib/runtime/agent-loop";
import { notifyLoop } from "@/lib/runtime/notify-loop";
import { serviceLoop, settleServices } from "@/lib/runtime/service-loop";

/** Every loop once. What the turn over services begins is waited for: a serverless process may sleep right after its answer. */
async function sweepAll() {
  const [report] = await Promise.all([agentLoop().run(), serviceLoop().run(), drillLoop().run()]);
  await Promise.all([settleServices(), settleDrills()]);
  await notifyLoop().run();
  return report;
}

export const { GET, POST, PUT, PATCH, DELETE } = route(CRON, { GET: sweepAll, POST: sweepAll });
