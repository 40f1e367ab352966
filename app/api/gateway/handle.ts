import { verifyKey } from "@/lib/auth/keys";
import { bearer } from "@/lib/auth/token";
import { getDb } from "@/lib/db/client";
import { SentinelError } from "@/lib/errors";
import { readWhenSlotFree } from "@/lib/event-loop";
import { readBytes } from "@/lib/http/body";
import { charge } from "@/lib/http/charge";
import type { Direct } from "@/lib/http/direct";
import { parseJson } from "@/lib/http/json";
import { ownOrigin } from "@/lib/http/origin";
import { idOf, type NextHandler, notAllowed, report } from "@/lib/http/route";
import { type Api, isJson, type Problem } from "@/lib/ingest/gateway/api";
import { CHAT } from "@/lib/ingest/gateway/chat";
import { MESSAGES } from "@/lib/ingest/gateway/messages";
import { pass } from "@/lib/ingest/gateway/pass";
import { type Answer, refusalOf } from "@/lib/ingest/gateway/relay";
import { RESPONSES } from "@/lib/ingest/gateway/responses";
import { metrics } from "@/lib/metrics";

/** Bytes of one request: Anthropic takes 32 MB, images included. */
const REQUEST_BYTES = 32_000_000;
/** Larger ones are read a few at a time. */
const LARGE_BYTES = 1_000_000;

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
  const now = Date.now();
  if (request.method !== "POST") throw notAllowed(request.method, ["POST"]);
  const db = await getDb();
  const token = (api.vendor === "anthropic" ? request.headers.get("x-api-key") : null) ?? bearer(request.headers);
  const key = token === null ? null : await verifyKey(db, token, now);
  if (!key) throw new SentinelError("unauthenticated", { detail: "A valid ingest key of Sentinel is required" });
  const { agentId } = key;
  if (!key.scopes.includes("gateway") || agentId === null)
    throw new SentinelError("forbidden", { detail: "This key is not for the gateway: it requires the scope gateway, and is bound to an agent" }); // prettier-ignore
  const read = () => readBytes(request, REQUEST_BYTES);
  const isLarge = Number(request.headers.get("content-length") ?? Infinity) >= LARGE_BYTES;
  const bytes = (await (isLarge ? readWhenSlotFree(read) : read())) ?? Buffer.alloc(0);
  await charge({ key, sender: null, user: null }, "bytes", bytes.length);
  const body = parseJson(bytes);
  const model = isJson(body) ? body["model"] : null;
  if (!isJson(body) || typeof model !== "string" || model === "")
    throw new SentinelError("invalid", { detail: "The body must be an object with a model" });
  const { headers, signal } = request;
  const ask = { api, key: { ...key, agentId }, headers, bytes, body: { ...body, model }, base: ownOrigin(headers), signal }; // prettier-ignore
  return pass(db, ask, now);
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
