import { MAINTENANCE } from "@/lib/contracts/operations";
import { listMaintenance } from "@/lib/db/queries/services";
import { maintenanceView } from "@/lib/views/services";
import { route } from "@/lib/http/route";
import { openMaintenance } from "@/lib/response/services/maintain";

export const { GET, POST, PUT, PATCH, DELETE } = route(MAINTENANCE, {
  GET: async ({ db, now }) => ({ windows: (await listMaintenance(db, now)).map(maintenanceView) }),
  POST: async ({ db, body, user, now }) => maintenanceView(await openMaintenance(db, body, user, now)),
});
