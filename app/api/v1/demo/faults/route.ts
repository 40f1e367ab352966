import { DEMO_FAULTS } from "@/lib/contracts/demo";
import { injectFault, listFaults } from "@/lib/demo/faults";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(DEMO_FAULTS, {
  GET: () => listFaults(),
  POST: ({ body }) => injectFault(body),
});
