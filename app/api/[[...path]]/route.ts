import { SentinelError } from "@/lib/errors";
import { idOf } from "@/lib/http/route";
import { problem } from "@/lib/http/problem";
import { metrics } from "@/lib/metrics";

/** Whatever no route under /api knows, in the words of the API instead of a page. */
function unknown(request: Request): Response {
  metrics().httpRequests.inc({ route: "(unknown)", method: request.method, status: 404 });
  return problem(
    new SentinelError("not_found", { detail: "No such path in this API; see /openapi.json." }),
    idOf(request),
  );
}

export { unknown as DELETE, unknown as GET, unknown as PATCH, unknown as POST, unknown as PUT };
