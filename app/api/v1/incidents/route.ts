import { INCIDENTS } from "@/lib/contracts/incidents";
import { listIncidents } from "@/lib/db/queries/incidents-view";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENTS, {
  GET: ({ db, query }) => listIncidents(db, query),
});
