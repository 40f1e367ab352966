import { SCENARIO_FIRE } from "@/lib/contracts/operations";
import { fireScenario } from "@/lib/demo/fire-scenario";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SCENARIO_FIRE, {
  POST: async ({ db, params, now }) => ({ incidents: await fireScenario(db, params.id, now) }),
});
