import { mayForService } from "@/lib/auth/keys";
import { LOGS } from "@/lib/contracts/logs";
import { route } from "@/lib/http/route";
import { takeLogs } from "@/lib/ingest/take-logs";

export const { GET, POST, PUT, PATCH, DELETE } = route(LOGS, {
  POST: ({ db, body, key, now }) => takeLogs(db, body, now, (service) => mayForService(key, service)),
});
