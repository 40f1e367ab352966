import { INCIDENT } from "@/lib/contracts/incidents";
import { findIncidentDetail } from "@/lib/views/incident-detail";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { assign } from "@/lib/response/assign";
import { snooze } from "@/lib/response/snooze";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENT, {
  GET: async ({ db, params }) => found("incident", await findIncidentDetail(db, params.id)),
  PATCH: async ({ db, params, body, user, now }) => {
    if (body.assignee !== undefined) await assign(db, params.id, body.assignee, user, now);
    if (body.snoozed_until !== undefined) await snooze(db, params.id, body.snoozed_until, user, now);
    return found("incident", await findIncidentDetail(db, params.id));
  },
});
