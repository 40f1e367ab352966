import { BUDGET_DECISION } from "@/lib/contracts/budgets";
import { route } from "@/lib/http/route";
import { decideBudget } from "@/lib/response/budgets/decide";
import { loadBudgets } from "@/lib/views/budgets";

export const { GET, POST, PUT, PATCH, DELETE } = route(BUDGET_DECISION, {
  POST: async ({ db, params, body, user, now }) => {
    await decideBudget(db, params.id, body, user, now);
    return loadBudgets(db, now);
  },
});
