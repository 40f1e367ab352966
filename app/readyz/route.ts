import { getDb } from "@/lib/db/client";
import { log } from "@/lib/log";
import { readiness } from "@/lib/runtime/health";

/** Ready: the database answers, is migrated, and was swept a short while ago. 503 says which of them is not so. */
export async function GET(): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  try {
    const answer = await readiness(await getDb(), Date.now());
    return Response.json(answer, { status: answer.ready ? 200 : 503, headers });
  } catch (err) {
    log().error({ err }, "readiness check failed");
    return Response.json({ ready: false, database: "does not answer" }, { status: 503, headers });
  }
}

export const dynamic = "force-dynamic";
