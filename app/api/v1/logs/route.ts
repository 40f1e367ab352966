import { LOGS } from "@/lib/contracts/logs";
import { route } from "@/lib/http/route";
import { takeLogs } from "@/lib/loop/service/take-logs";

export const { GET, POST, PUT, PATCH, DELETE } = route(LOGS, {
  POST: ({ db, body, now }) => takeLogs(db, body, now),
});
