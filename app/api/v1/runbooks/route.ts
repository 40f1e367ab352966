import { RUNBOOKS } from "@/lib/contracts/operations";
import { listRunbooks } from "@/lib/views/services";
import { route } from "@/lib/http/route";
import { findSections } from "@/lib/response/services/sections";

export const { GET, POST, PUT, PATCH, DELETE } = route(RUNBOOKS, {
  GET: async ({ db, query }) => ({
    runbooks: await listRunbooks(db),
    sections: query.q === undefined ? [] : await findSections(db, query.q),
  }),
});
