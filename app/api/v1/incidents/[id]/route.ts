import { INCIDENT } from "@/lib/contracts/incidents";
import { findIncidentDetail } from "@/lib/views/incident-detail";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { editIncident } from "@/lib/response/edit-incident";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENT, {
  GET: async ({ db, params }) => found("incident", await findIncidentDetail(db, params.id)),
  PATCH: async ({ db, params, body, user, now }) => {
    await editIncident(db, params.id, { assignee: body.assignee, snoozedUntil: body.snoozed_until }, user, now);
    return found("incident", await findIncidentDetail(db, params.id));
  },
});
