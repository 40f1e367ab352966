import { createSource } from "@/lib/auth/sources";
import { sourceView } from "@/lib/auth/views";
import { ALERT_SOURCES } from "@/lib/contracts/alert-sources";
import { listAlertSources } from "@/lib/db/queries/alert-sources";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(ALERT_SOURCES, {
  GET: async ({ db }) => ({ sources: (await listAlertSources(db)).map(sourceView) }),
  POST: async ({ db, body, user, now }) => {
    const { row, token } = await createSource(db, { kind: body.kind, createdBy: user.email, by: user }, now);
    return { source: sourceView(row), token };
  },
});
