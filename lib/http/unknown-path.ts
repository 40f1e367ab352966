import { SentinelError } from "@/lib/errors";
import { metrics } from "@/lib/metrics";
import { problem } from "./problem";
import { idOf } from "./route";

/** Answers for a path under /api that no route knows, in the words of the API instead of a page. */
export function unknownPath(request: Request): Response {
  metrics().httpRequests.inc({ route: "(unknown)", method: request.method, status: 404 });
  return problem(
    new SentinelError("not_found", { detail: "No such path in this API; see /openapi.json." }),
    idOf(request),
  );
}
