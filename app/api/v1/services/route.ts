import { SERVICES } from "@/lib/contracts/services";
import { servicesView } from "@/lib/views/services";
import { env } from "@/lib/env";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(SERVICES, {
  GET: ({ db }) => servicesView(db, env().PROMETHEUS_URL !== undefined),
});
