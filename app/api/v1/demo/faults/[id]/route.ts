import { DEMO_FAULT } from "@/lib/contracts/demo";
import { endFaultBy } from "@/lib/demo/faults";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(DEMO_FAULT, {
  DELETE: ({ db, params, user, now }) => endFaultBy(db, params.id, user, now),
});
