import { DRILL } from "@/lib/contracts/drills";
import { recordAct } from "@/lib/db/queries/audit";
import { removeDrill } from "@/lib/drills/delete";
import { getDrillDetail } from "@/lib/drills/views";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(DRILL, {
  GET: ({ params, now }) => getDrillDetail(params.id, now),
  DELETE: async ({ db, params, user, now }) => {
    await removeDrill(params.id);
    await recordAct(db, user, ["drill.delete", "drill", params.id], now);
  },
});
