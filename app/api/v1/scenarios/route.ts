import { SCENARIOS } from "@/lib/contracts/drills";
import { listScenarios } from "@/lib/drills/scenarios";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SCENARIOS, {
  GET: async () => ({ scenarios: await listScenarios() }),
});
