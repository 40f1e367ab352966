import { loopConfig } from "@/lib/config/agents";
import { SPEND } from "@/lib/contracts/budgets";
import { route } from "@/lib/http/route";
import { loadSpend } from "@/lib/views/spend";

export const { GET, POST, PUT, PATCH, DELETE } = route(SPEND, {
  GET: ({ db, query, now }) => loadSpend(db, query, { now, zone: loopConfig().spendZone }),
});
