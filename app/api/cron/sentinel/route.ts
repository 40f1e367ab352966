import { CRON } from "@/lib/contracts/overview";
import { route } from "@/lib/http/route";
import { runSweep } from "@/lib/loop/scheduler";

export const { GET, POST, PUT, PATCH, DELETE } = route(CRON, { GET: () => runSweep(), POST: () => runSweep() });
