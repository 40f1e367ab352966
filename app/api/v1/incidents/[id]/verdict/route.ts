import { INCIDENT_VERDICT } from "@/lib/contracts/scores";
import { incidentScoresView } from "@/lib/db/queries/scores";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { giveVerdict } from "@/lib/response/verdict";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENT_VERDICT, {
  POST: async ({ db, params, body, user, now }) => {
    await giveVerdict(db, params.id, body, user, now);
    return found("incident", await incidentScoresView(db, params.id));
  },
});
