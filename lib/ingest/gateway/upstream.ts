import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { env } from "@/lib/env";
import type { Api } from "./api";

/** Where an admin said that a vendor's API is. */
export interface Upstream {
  /** Base URL, without a slash at its end. */
  url: string;
  key: string | undefined;
}

/** The upstream of a vendor; null: the gateway to it is off. */
export function upstreamOf(vendor: Api["vendor"]): Upstream | null {
  const all = env();
  const [url, key] =
    vendor === "openai"
      ? [all.GATEWAY_OPENAI_URL, all.GATEWAY_OPENAI_KEY]
      : [all.GATEWAY_ANTHROPIC_URL, all.GATEWAY_ANTHROPIC_KEY];
  return url === undefined ? null : { url, key };
}

/** Why an upstream gave no answer, or no whole one. */
export class UpstreamFailed extends Error {
  override readonly name = "UpstreamFailed";
  constructor(
    readonly kind: "connect" | "timeout" | "broken" | "aborted",
    options?: ErrorOptions,
  ) {
    super(WORDS[kind], options);
  }
}
const WORDS = {
  connect: "the upstream could not be reached",
  timeout: "the upstream sent nothing for too long",
  broken: "the upstream closed the connection",
  aborted: "the client disconnected",
} as const;

/** Connections that are kept open cost a handshake less. The vendors close them after a minute or more. */
const KEEP_MS = 30_000;
const AGENTS = {
  "http:": new HttpAgent({ keepAlive: true, timeout: KEEP_MS }),
  "https:": new HttpsAgent({ keepAlive: true, timeout: KEEP_MS }),
};

/** What a client's request may tell an upstream. Credentials, cookies and addresses of the client are not among it. */
const GOES_UP = ["accept", "anthropic-beta", "anthropic-version", "idempotency-key", "openai-beta", "user-agent"] as const; // prettier-ignore

export function headersUp(api: Api, client: Headers, key: string | undefined): Record<string, string> {
  // What is read as it passes must not be compressed.
  const headers: Record<string, string> = { "content-type": "application/json", "accept-encoding": "identity" };
  for (const name of GOES_UP) {
    const value = client.get(name);
    if (value !== null) headers[name] = value;
  }
  if (key !== undefined) {
    if (api.vendor === "openai") headers["authorization"] = `Bearer ${key}`;
    else headers["x-api-key"] = key;
  }
  return headers;
}

/** What an upstream's answer may tell a client: never cookies, nor whose account it is. */
const COMES_DOWN = /^(?:request-id|x-request-id|retry-after|retry-after-ms|x-should-retry|openai-version|openai-processing-ms|x-ratelimit-[a-z-]{1,60}|anthropic-ratelimit-[a-z-]{1,60})$/; // prettier-ignore

export const headersDown = ({ headers }: IncomingMessage): [string, string][] =>
  Object.entries(headers).flatMap(
    ([name, value]): [string, string][] =>
    typeof value === "string" && COMES_DOWN.test(name) ? [[name === "x-request-id" ? "x-upstream-request-id" : name, value]] : [], // prettier-ignore
  );

interface Sent {
  url: string;
  headers: Record<string, string>;
  body: Buffer;
  /** When the client is gone. */
  signal: AbortSignal;
}

/**
 * Posts to an upstream; resolves with the head of its answer, whatever its status. Redirects are not followed. Throws
 * `UpstreamFailed`; the body that is read then throws it too, where nothing comes for too long, it breaks off or `signal` is aborted.
 */
export async function send(sent: Sent): Promise<IncomingMessage> {
  try {
    return await attempt(sent);
  } catch (error) {
    // A connection that was kept may have been closed just then: nobody read the request (RFC 9112, 9.3.1).
    if (error instanceof Stale && !sent.signal.aborted) return attempt(sent);
    throw error;
  }
}

class Stale extends UpstreamFailed {}

function attempt({ url, headers, body, signal }: Sent): Promise<IncomingMessage> {
  const { GATEWAY_CONNECT_MS, GATEWAY_IDLE_MS } = env();
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const post = target.protocol === "https:" ? httpsRequest : httpRequest;
    const request = post(target, {
      method: "POST",
      headers: { ...headers, "content-length": body.length },
      agent: AGENTS[target.protocol as keyof typeof AGENTS],
      timeout: GATEWAY_IDLE_MS,
    });
    let answer: IncomingMessage | null = null;
    const end = (failed: UpstreamFailed) => {
      answer?.destroy(failed);
      request.destroy(failed);
    };
    const gone = () => end(new UpstreamFailed("aborted"));
    const connecting = limitConnecting(request, GATEWAY_CONNECT_MS, () => end(new UpstreamFailed("connect")));
    request.on("timeout", () => end(new UpstreamFailed("timeout")));
    request.on("error", (cause) => {
      if (answer === null) reject(failureOf(request, cause, connecting()));
    });
    request.on("close", () => signal.removeEventListener("abort", gone));
    request.on("response", (response) => {
      answer = response;
      resolve(response);
    });
    signal.addEventListener("abort", gone, { once: true });
    if (signal.aborted) return gone();
    request.end(body);
  });
}

function failureOf(request: ClientRequest, cause: Error, connecting: boolean): UpstreamFailed {
  if (cause instanceof UpstreamFailed) return cause;
  if (connecting) return new UpstreamFailed("connect", { cause });
  return request.reusedSocket ? new Stale("broken", { cause }) : new UpstreamFailed("broken", { cause });
}

/** Ends a request that is not connected in time. What it returns tells whether it still is not. */
function limitConnecting(request: ClientRequest, ms: number, tooLong: () => void): () => boolean {
  let connecting = true;
  const timer = setTimeout(tooLong, ms);
  const connected = () => {
    connecting = false;
    clearTimeout(timer);
  };
  request.on("socket", (socket) => {
    if (!socket.connecting) connected();
    else socket.once("encrypted" in socket ? "secureConnect" : "connect", connected);
  });
  request.on("close", () => clearTimeout(timer));
  return () => connecting;
}
