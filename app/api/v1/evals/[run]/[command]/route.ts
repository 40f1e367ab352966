import { EVAL_COMMAND } from "@/lib/contracts/eval-runs";
import { resumeEvaluation, stopEvaluation } from "@/lib/evals/cases/start-run";
import { found } from "@/lib/http/found";
import { route } from "@/lib/http/route";
import { findEvalRunView } from "@/lib/views/evals";

export const { GET, POST, PUT, PATCH, DELETE } = route(EVAL_COMMAND, {
  POST: async ({ db, params: { run, command }, user, now }) => {
    switch (command) {
      case "stop":
        await stopEvaluation(db, run, user, now);
        break;
      case "resume":
        await resumeEvaluation(db, run, user, now);
    }
    return found("evaluation", await findEvalRunView(db, run));
  },
});
