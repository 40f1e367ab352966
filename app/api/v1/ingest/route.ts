import { INGEST } from "@/lib/contracts/ingest";
import { route } from "@/lib/http/route";
import { metrics } from "@/lib/metrics";
import { idempotencyKeyOf } from "@/lib/http/idempotency";
import { ingest } from "@/lib/ingest/ingest";

export const { GET, POST, PUT, PATCH, DELETE } = route(INGEST, {
  POST: async ({ db, body, key, now, request }) => {
    const answer = await ingest(db, { ...body, key, idempotencyKey: idempotencyKeyOf(request.headers) }, now);
    metrics().eventsIngested.inc(answer.accepted);
    metrics().eventsDuplicate.inc(answer.duplicates);
    metrics().eventsRejected.inc(answer.rejected.length);
    return answer;
  },
});
