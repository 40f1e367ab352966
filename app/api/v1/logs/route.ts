import { LOGS } from "@/lib/contracts/operations";
import { route } from "@/lib/http/route";
import { takeLogs } from "@/lib/loop/service/take-logs";

export const { GET, POST, PUT, PATCH, DELETE } = route(LOGS, {
  POST: async ({ db, body, now }) => ({ accepted: await takeLogs(db, body, now) }),
});
