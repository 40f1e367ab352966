import { SERVICE_SERIES } from "@/lib/contracts/services";
import { route } from "@/lib/http/route";
import { serviceSeries } from "@/lib/views/series";

export const { GET, POST, PUT, PATCH, DELETE } = route(SERVICE_SERIES, {
  GET: ({ db, params, query, now, request }) => serviceSeries(db, params.id, query.minutes, now, request.signal),
});
