import { CRON_IMPROVE } from "@/lib/contracts/overview";
import { startImprovement } from "@/lib/evals/improve/start";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(CRON_IMPROVE, {
  GET: ({ db, now }) => startImprovement(db, now),
  POST: ({ db, now }) => startImprovement(db, now),
});
