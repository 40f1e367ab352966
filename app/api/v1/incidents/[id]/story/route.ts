import { INCIDENT_STORY } from "@/lib/contracts/services";
import { findStory } from "@/lib/views/service-story";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENT_STORY, {
  GET: async ({ db, params }) => found("service incident", await findStory(db, params.id)),
});
