import { DEMO_FAULTS } from "@/lib/contracts/demo";
import { injectFaultBy, listFaults } from "@/lib/demo/faults";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(DEMO_FAULTS, {
  GET: () => listFaults(),
  POST: ({ db, body, user, now }) => injectFaultBy(db, body, user, now),
});
