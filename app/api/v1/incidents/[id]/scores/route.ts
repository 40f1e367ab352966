import { INCIDENT_SCORES } from "@/lib/contracts/scores";
import { incidentScoresView } from "@/lib/db/queries/scores";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENT_SCORES, {
  GET: async ({ db, params }) => found("incident", await incidentScoresView(db, params.id)),
});
