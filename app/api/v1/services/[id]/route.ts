import { SERVICE } from "@/lib/contracts/services";
import { findServiceDetail } from "@/lib/views/services";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SERVICE, {
  GET: async ({ db, params }) => found("service", await findServiceDetail(db, params.id)),
});
