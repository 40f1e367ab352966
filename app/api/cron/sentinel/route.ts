import { CRON } from "@/lib/contracts/overview";
import { route } from "@/lib/http/route";
import { runSweep } from "@/lib/loop/scheduler";
import { runServiceTurn, settleServices } from "@/lib/loop/service/process";

/** Both loops once. What the turn over services begins is waited for: a serverless process may sleep right after its answer. */
async function sweepBoth() {
  const [report] = await Promise.all([runSweep(), runServiceTurn()]);
  await settleServices();
  return report;
}

export const { GET, POST, PUT, PATCH, DELETE } = route(CRON, { GET: sweepBoth, POST: sweepBoth });
