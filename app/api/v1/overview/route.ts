import { OVERVIEW } from "@/lib/contracts/overview";
import { loadOverview } from "@/lib/views/overview";
import { env } from "@/lib/env";
import { route } from "@/lib/http/route";

export const { GET, POST, PUT, PATCH, DELETE } = route(OVERVIEW, {
  GET: ({ db, now }) => loadOverview(db, { now, demo: env().SENTINEL_DEMO_CONTROL_URL !== undefined }),
});
