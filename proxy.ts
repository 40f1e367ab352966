import { type NextRequest, NextResponse } from "next/server";

/** 128 bits, which nobody guesses while a page loads. */
const NONCE_BYTES = 16;

/**
 * What a page may load. Scripts run only with this request's nonce, or when one of those loads them ('strict-dynamic').
 * Style elements need it too. Style attributes have to stay allowed: charts, maps, menus and lists of any length are
 * positioned by them, and what the server renders of that reaches the browser as markup. An attribute can restyle its
 * own element only, and nothing from outside becomes one: React escapes it.
 */
function policy(nonce: string): string {
  // Next puts the value here when it builds; the settings of lib/env.ts are not for proxies.
  // oxlint-disable-next-line node/no-process-env
  const development = process.env.NODE_ENV === "development";
  return [
    "default-src 'self'",
    // In development React rebuilds the server's stack traces with eval, and Next's overlay brings styles of its own.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' 'nonce-${nonce}'`,
    `style-src-elem 'self' ${development ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Gives a page a policy with a fresh nonce. Next reads it from the request's policy, the root layout from `x-nonce`. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))).toString("base64");
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("Content-Security-Policy", policy(nonce));
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy(nonce));
  return response;
}

/**
 * Pages only, and what answers as a page because there is nothing at that address. The API stays out of it: a proxy copies
 * bodies and cuts them at 10 MB. What is left out keeps the static policy of next.config.ts.
 */
export const config = {
  matcher: ["/((?!(?:api|v1|otlp|hooks|_next|healthz|readyz|metrics|openapi\\.json|icon\\.svg)(?:/|$)).*)"],
};
