import { INCIDENT } from "@/lib/contracts/incidents";
import { findIncidentDetail } from "@/lib/views/incident-detail";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENT, {
  GET: async ({ db, params }) => found("incident", await findIncidentDetail(db, params.id)),
});
