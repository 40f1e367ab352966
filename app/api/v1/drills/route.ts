import { DRILLS } from "@/lib/contracts/drills";
import { recordAct } from "@/lib/db/queries/audit";
import { deleteAllDrills } from "@/lib/drills/delete";
import { listDrillViews } from "@/lib/drills/views";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(DRILLS, {
  GET: async ({ now }) => ({ drills: await listDrillViews(now) }),
  DELETE: async ({ db, user, now }) => {
    const deleted = await deleteAllDrills();
    await recordAct(db, user, ["drill.delete", "drill", "all"], now, { deleted });
    return { deleted };
  },
});
