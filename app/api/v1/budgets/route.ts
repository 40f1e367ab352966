import { BUDGETS } from "@/lib/contracts/budgets";
import { route } from "@/lib/http/route";
import { loadBudgets } from "@/lib/views/budgets";

export const { GET, POST, PUT, PATCH, DELETE } = route(BUDGETS, { GET: ({ db, now }) => loadBudgets(db, now) });
