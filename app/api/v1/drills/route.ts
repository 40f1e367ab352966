import { DRILLS } from "@/lib/contracts/drills";
import { deleteAllDrills } from "@/lib/drills/delete";
import { listDrillViews } from "@/lib/drills/views";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(DRILLS, {
  GET: async ({ now }) => ({ drills: await listDrillViews(now) }),
  DELETE: async () => ({ deleted: await deleteAllDrills() }),
});
