import { parseWebhook } from "@/lib/contracts/alert-webhook";
import { ALERTS_ALERTMANAGER } from "@/lib/contracts/alerts";
import { route } from "@/lib/http/route";
import { takeAlerts } from "@/lib/ingest/take-alerts";

export const { GET, POST, PUT, PATCH, DELETE } = route(ALERTS_ALERTMANAGER, {
  POST: ({ db, body, sender, now }) => takeAlerts(db, sender, parseWebhook("alertmanager", body, now), now),
});
