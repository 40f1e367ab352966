import { EVAL_COMPARISON } from "@/lib/contracts/eval-runs";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { compareRuns } from "@/lib/views/evals";

export const { GET, POST, PUT, PATCH, DELETE } = route(EVAL_COMPARISON, {
  GET: async ({ db, params, query }) => found("evaluation", await compareRuns(db, query.before, params.run)),
});
