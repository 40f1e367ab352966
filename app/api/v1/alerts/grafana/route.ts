import { parseWebhook } from "@/lib/contracts/alert-webhook";
import { ALERTS_GRAFANA } from "@/lib/contracts/alerts";
import { route } from "@/lib/http/route";
import { takeAlerts } from "@/lib/ingest/take-alerts";

export const { GET, POST, PUT, PATCH, DELETE } = route(ALERTS_GRAFANA, {
  POST: ({ db, body, sender, now }) => takeAlerts(db, sender, parseWebhook("grafana", body, now), now),
});
