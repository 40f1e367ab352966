import { INCIDENT_COMMAND } from "@/lib/contracts/incidents";
import { findIncidentDetail } from "@/lib/views/incident-detail";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { commandIncident } from "@/lib/response/command-incident";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENT_COMMAND, {
  POST: async ({ db, params, body, user, now }) => {
    await commandIncident(db, params.id, params.command, body.comment, user, now);
    return found("incident", await findIncidentDetail(db, params.id));
  },
});
