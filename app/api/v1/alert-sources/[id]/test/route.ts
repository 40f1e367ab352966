import { ALERT_SOURCE_TEST } from "@/lib/contracts/alert-sources";
import { route } from "@/lib/http/route";
import { testSource } from "@/lib/ingest/test-source";

export const { GET, POST, PUT, PATCH, DELETE } = route(ALERT_SOURCE_TEST, {
  POST: ({ db, params, user, now }) => testSource(db, params.id, user, now),
});
