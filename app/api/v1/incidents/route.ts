import { INCIDENTS } from "@/lib/contracts/incidents";
import { listIncidents } from "@/lib/views/incidents";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(INCIDENTS, {
  GET: ({ db, query, user }) => listIncidents(db, { ...query, ...(query.assignee === "me" && { assignee: user.id }) }),
});
