import { withKeyInHeader } from "@/lib/http/key-in-path";
import { unknownPath } from "@/lib/http/unknown-path";
import type { Method } from "@/lib/contracts/endpoint";
import type { NextHandler } from "@/lib/http/route";
import * as logs from "@/app/v1/logs/route";
import * as metrics from "@/app/v1/metrics/route";
import * as traces from "@/app/v1/traces/route";

const SIGNALS: Record<string, Record<Method, NextHandler>> = { logs, metrics, traces };

/** For programs that cannot send headers. */
const under =
  (method: Method): NextHandler =>
  async (request, context) => {
    const { key, signal } = await context.params;
    const handlers = Object.hasOwn(SIGNALS, String(signal)) ? SIGNALS[String(signal)] : undefined;
    if (!handlers) return unknownPath(request);
    const named = withKeyInHeader(request, String(key), `/v1/${String(signal)}`);
    return handlers[method](named, { params: Promise.resolve({}) });
  };

export const GET = under("GET");
export const POST = under("POST");
export const PUT = under("PUT");
export const PATCH = under("PATCH");
export const DELETE = under("DELETE");
