import { parseGeneric } from "@/lib/contracts/alert-generic";
import { ALERTS_GENERIC } from "@/lib/contracts/alerts";
import { route } from "@/lib/http/route";
import { takeAlerts } from "@/lib/ingest/take-alerts";

export const { GET, POST, PUT, PATCH, DELETE } = route(ALERTS_GENERIC, {
  POST: ({ db, body, sender, now }) => takeAlerts(db, sender, parseGeneric(body, now), now),
});
