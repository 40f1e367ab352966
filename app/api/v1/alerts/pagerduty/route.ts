import { parsePagerDuty } from "@/lib/contracts/alert-pagerduty";
import { ALERTS_PAGERDUTY } from "@/lib/contracts/alerts";
import { route } from "@/lib/http/route";
import { takeAlerts } from "@/lib/ingest/take-alerts";

export const { GET, POST, PUT, PATCH, DELETE } = route(ALERTS_PAGERDUTY, {
  POST: ({ db, body, sender, now }) => takeAlerts(db, sender, parsePagerDuty(body, now), now),
});
