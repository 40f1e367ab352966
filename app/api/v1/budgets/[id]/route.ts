import { loopConfig } from "@/lib/config/agents";
import { BUDGET } from "@/lib/contracts/budgets";
import { route } from "@/lib/http/route";
import { removeBudget, setBudget } from "@/lib/response/budgets/set";
import { loadBudgets } from "@/lib/views/budgets";

export const { GET, POST, PUT, PATCH, DELETE } = route(BUDGET, {
  PUT: async ({ db, params, body, user, now }) => {
    const { warn_share: warnShare, at_limit: atLimit, zone = loopConfig().spendZone, ...rest } = body;
    await setBudget(db, { id: params.id, ...rest, zone, warnShare, atLimit }, user, now);
    return loadBudgets(db, now);
  },
  DELETE: ({ db, params, user, now }) => removeBudget(db, params.id, user, now),
});
