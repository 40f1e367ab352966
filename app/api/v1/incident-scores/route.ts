import { SCORED_INCIDENTS } from "@/lib/contracts/scores";
import { listScoredIncidents } from "@/lib/db/queries/scores";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SCORED_INCIDENTS, {
  GET: ({ db, query }) => listScoredIncidents(db, query.limit),
});
