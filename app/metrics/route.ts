import { bearer, sameSecret } from "@/lib/auth/token";
import { getDb } from "@/lib/db/client";
import { loadSweep } from "@/lib/views/overview";
import { listUnreadSources } from "@/lib/db/queries/unread-sources";
import { countAsking } from "@/lib/db/queries/budgets";
import { countWaiting } from "@/lib/db/queries/waiting";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { problem } from "@/lib/http/problem";
import { idOf, report } from "@/lib/http/route";
import { directiveWaiters } from "@/lib/ingest/directive-poll";
import { metrics } from "@/lib/metrics";

/** Prometheus' text format. With METRICS_TOKEN set it asks for it; without, whoever reaches the port may read. */
export async function GET(request: Request): Promise<Response> {
  try {
    admit(request);
    const db = await getDb();
    const { incidents, approvals } = await countWaiting(db);
    metrics().incidentsOpen.set(incidents);
    const now = Date.now();
    metrics().approvalsPending.set(approvals + (await countAsking(db, now)));
    metrics().sweepLag.set((await loadSweep(db, now)).lag_events);
    metrics().sourceUnreadable.reset();
    for (const { source } of await listUnreadSources(db)) metrics().sourceUnreadable.set({ source }, 1);
    metrics().directiveWaiters.set(directiveWaiters());
    const { registry } = metrics();
    return new Response(await registry.metrics(), {
      headers: { "content-type": registry.contentType, "cache-control": "no-store" },
    });
  } catch (error) {
    report(error, request, "/metrics", idOf(request));
    return problem(error, idOf(request));
  }
}

function admit(request: Request): void {
  const { METRICS_TOKEN } = env();
  const token = bearer(request.headers);
  if (!METRICS_TOKEN || (token !== null && sameSecret(token, METRICS_TOKEN))) return;
  throw new SentinelError("unauthenticated", { headers: { "www-authenticate": 'Bearer realm="metrics"' } });
}

export const dynamic = "force-dynamic";
