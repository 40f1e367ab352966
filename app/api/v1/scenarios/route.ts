import { SCENARIOS } from "@/lib/contracts/operations";
import { listScenarios } from "@/lib/demo/scenarios";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SCENARIOS, {
  GET: async () => ({ scenarios: await listScenarios() }),
});
