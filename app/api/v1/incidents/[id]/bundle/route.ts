import { INCIDENT_BUNDLE } from "@/lib/contracts/services";
import { findInvestigation } from "@/lib/db/queries/investigations";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENT_BUNDLE, {
  GET: async ({ db, params }) => ({
    ...found("investigated incident", (await findInvestigation(db, params.id))?.bundle ?? null),
  }),
});
