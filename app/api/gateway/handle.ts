import { SentinelError } from "@/lib/errors";
import type { Direct } from "@/lib/http/direct";
import { readModelRequest } from "@/lib/http/model-request";
import { idOf, type NextHandler, notAllowed, report } from "@/lib/http/route";
import { type Api, isJson, type Problem } from "@/lib/ingest/gateway/api";
import { CHAT } from "@/lib/ingest/gateway/chat";
import { MESSAGES } from "@/lib/ingest/gateway/messages";
import { pass } from "@/lib/ingest/gateway/pass";
import { type Answer, refusalOf } from "@/lib/ingest/gateway/relay";
import { RESPONSES } from "@/lib/ingest/gateway/responses";
import { metrics } from "@/lib/metrics";

/** By path. */
const APIS: ReadonlyMap<string, Api> = new Map([
  ["/api/gateway/openai/v1/chat/completions", CHAT],
  ["/api/gateway/openai/v1/responses", RESPONSES],
  ["/api/gateway/anthropic/v1/messages", MESSAGES],
]);

/** Requests to the gateway, which are answered before Next sees them; null: all else. */
export function findGateway(method: string, url: string): Direct | null {
  const at = url.indexOf("?");
  return method === "POST" && APIS.has(at < 0 ? url : url.slice(0, at)) ? { handler: gateway, params: {} } : null;
}

/** Whether the gateway has this path. */
export const isGatewayPath = (path: string): boolean => APIS.has(path);

/** One request to a model: by its path to one of the APIs. Whatever goes wrong is said in the vendor's own words. */
export const gateway: NextHandler = async (request) => {
  const requestId = idOf(request);
  const path = new URL(request.url).pathname;
  const api = APIS.get(path)!;
  let answer: Answer;
  try {
    answer = await run(api, request);
  } catch (error) {
    report(error, request, path, requestId);
    answer = refused(error);
  }
  metrics().httpRequests.inc({ route: path, method: request.method, status: answer.status });
  return responseOf(api, answer, requestId);
};

async function run(api: Api, request: Request): Promise<Answer> {
  if (request.method !== "POST") throw notAllowed(request.method, ["POST"]);
  const { db, now, body, ...asked } = await readModelRequest(request, api.vendor === "anthropic" ? "x-api-key" : null);
  const model = isJson(body) ? body["model"] : null;
  if (!isJson(body) || typeof model !== "string" || model === "")
    throw new SentinelError("invalid", { detail: "The body must be an object with a model" });
  return pass(db, { api, ...asked, body: { ...body, model } }, now);
}

const KINDS: Readonly<Record<number, Problem["kind"]>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
};

function refused(error: unknown): Answer {
  if (!(error instanceof SentinelError))
    return refusalOf(500, { kind: "api_error", code: "internal", message: "Sentinel's gateway failed" });
  const { status, code, message } = error;
  const kind = KINDS[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
  const answer = refusalOf(status, { kind, code, message: `Sentinel's gateway: ${message}` });
  const retryAfter = new Headers(error.details.headers).get("retry-after");
  // Later it may go through.
  return status === 429 ? { ...answer, headers: retryAfter ? [["retry-after", retryAfter]] : [] } : answer;
}

function responseOf(api: Api, { status, headers, body }: Answer, requestId: string): Response {
  const all = new Headers([...headers, ["x-request-id", requestId]]);
  if (!all.has("cache-control")) all.set("cache-control", "no-store");
  if (Buffer.isBuffer(body)) return new Response(new Uint8Array(body), { status, headers: all });
  if ("kind" in body) return Response.json(api.problem(body), { status, headers: all });
  return new Response(streamOf(body), { status, headers: all });
}

/** A generator as a stream: it is asked for the next piece once the last one was taken. */
const streamOf = (pieces: AsyncGenerator<Buffer>): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
