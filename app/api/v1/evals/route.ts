import { EVAL_RUNS } from "@/lib/contracts/eval-runs";
import { startEvaluation } from "@/lib/evals/cases/start-run";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { findEvalRunView, listEvalRuns } from "@/lib/views/evals";

export const { GET, POST, PUT, PATCH, DELETE } = route(EVAL_RUNS, {
  GET: ({ db }) => listEvalRuns(db),
  POST: async ({ db, body, user, now }) =>
    found("evaluation", await findEvalRunView(db, await startEvaluation(db, body, user, now))),
});
