import { SCENARIO_FIRE } from "@/lib/contracts/drills";
import { fireDrill } from "@/lib/drills/fire";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SCENARIO_FIRE, {
  POST: async ({ params, user, now }) => {
    const { id, incident } = await fireDrill(params.id, user.name, now);
    return { drill: id, incidents: [incident] };
  },
});
