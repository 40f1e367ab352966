import { MAINTENANCE_WINDOW } from "@/lib/contracts/operations";
import { route } from "@/lib/http/route";
import { endMaintenance } from "@/lib/response/services/maintain";

export const { GET, POST, PUT, PATCH, DELETE } = route(MAINTENANCE_WINDOW, {
  DELETE: ({ db, params, user, now }) => endMaintenance(db, params.id, user, now),
});
