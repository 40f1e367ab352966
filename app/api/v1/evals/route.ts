import { EVAL_RUNS } from "@/lib/contracts/evals";
import { route } from "@/lib/http/route";
import { listEvalRuns } from "@/lib/views/evals";

export const { GET, POST, PUT, PATCH, DELETE } = route(EVAL_RUNS, { GET: ({ db }) => listEvalRuns(db) });
