import { parseDatadog } from "@/lib/contracts/alert-datadog";
import { ALERTS_DATADOG } from "@/lib/contracts/alerts";
import { route } from "@/lib/http/route";
import { takeAlerts } from "@/lib/ingest/take-alerts";

export const { GET, POST, PUT, PATCH, DELETE } = route(ALERTS_DATADOG, {
  POST: ({ db, body, sender, now }) => takeAlerts(db, sender, parseDatadog(body, now), now),
});
