import { SCENARIO_FIRE } from "@/lib/contracts/drills";
import { recordAct } from "@/lib/db/queries/audit";
import { fireDrill } from "@/lib/drills/fire";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SCENARIO_FIRE, {
  POST: async ({ db, params, user, now }) => {
    const { id, incident } = await fireDrill(params.id, user.name, now);
    await recordAct(db, user, ["drill.start", "drill", id], now, { scenario: params.id });
    return { drill: id, incidents: [incident] };
  },
});
