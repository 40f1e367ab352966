import { DEMO_FAULT } from "@/lib/contracts/demo";
import { endFault } from "@/lib/demo/faults";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(DEMO_FAULT, {
  DELETE: ({ params }) => endFault(params.id),
});
