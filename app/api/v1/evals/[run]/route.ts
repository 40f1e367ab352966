import { EVAL_RUN } from "@/lib/contracts/eval-runs";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { findEvalRun } from "@/lib/views/evals";

export const { GET, POST, PUT, PATCH, DELETE } = route(EVAL_RUN, {
  GET: async ({ db, params }) => found("evaluation", await findEvalRun(db, params.run)),
});
