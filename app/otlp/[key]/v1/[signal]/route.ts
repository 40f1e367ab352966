import { unknownPath } from "@/lib/http/unknown-path";
import type { Method } from "@/lib/contracts/endpoint";
import type { NextHandler } from "@/lib/http/route";
import * as logs from "@/app/v1/logs/route";
import * as metrics from "@/app/v1/metrics/route";
import * as traces from "@/app/v1/traces/route";

const SIGNALS: Record<string, Record<Method, NextHandler>> = { logs, metrics, traces };

/** For programs that cannot send headers: the key is in the path, and goes no further than into the header that it stands for. */
const under =
  (method: Method): NextHandler =>
  async (request, context) => {
    const { key, signal } = await context.params;
    const handlers = Object.hasOwn(SIGNALS, String(signal)) ? SIGNALS[String(signal)] : undefined;
    if (!handlers) return unknownPath(request);
    const headers = new Headers(request.headers);
    headers.set("authorization", `Bearer ${String(key).replace(/[^\w.~+/=-]/g, "")}`);
    const url = new URL(`/v1/${String(signal)}`, request.url);
    const named = new Request(url, {
      method: request.method,
      headers,
      signal: request.signal,
      ...(request.body ? { body: request.body, duplex: "half" } : {}),
    } as RequestInit);
    return handlers[method](named, { params: Promise.resolve({}) });
  };

export const GET = under("GET");
export const POST = under("POST");
export const PUT = under("PUT");
export const PATCH = under("PATCH");
export const DELETE = under("DELETE");
