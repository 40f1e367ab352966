import { DRILL } from "@/lib/contracts/drills";
import { removeDrill } from "@/lib/drills/delete";
import { getDrillDetail } from "@/lib/drills/views";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(DRILL, {
  GET: ({ params, now }) => getDrillDetail(params.id, now),
  DELETE: ({ params }) => removeDrill(params.id),
});
