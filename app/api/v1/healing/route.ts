import { HEALING } from "@/lib/contracts/overview";
import { listHealing } from "@/lib/views/healing";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(HEALING, {
  GET: ({ db, query }) => listHealing(db, query),
});
