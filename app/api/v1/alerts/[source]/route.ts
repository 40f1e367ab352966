import { bySegment } from "@/lib/http/by-segment";
import { route } from "@/lib/http/route";
import { ALERT_SENDERS } from "@/lib/ingest/sources/index";
import { takeAlerts } from "@/lib/ingest/take-alerts";

export const { GET, POST, PUT, PATCH, DELETE } = bySegment(
  "source",
  Object.entries(ALERT_SENDERS).map(([source, { resource, parse }]) => [
    source,
    route(resource, {
      POST: ({ db, body, sender, now }) => takeAlerts(db, sender, parse(body, now), now),
    }),
  ]),
);
