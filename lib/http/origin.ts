import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";

/**
 * Refuses a state-changing request that another site's page made a person's browser send (CSRF; OWASP: verify the origin
 * with standard headers). Browsers send Origin or Sec-Fetch-Site with every such request, and pages cannot forge them.
 * `strict` (a cookie speaks for the person) also refuses a request with neither.
 */
export function assertSameOrigin(headers: Headers, options: { strict: boolean }): void {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const refuse = (detail: string) => {
    throw new SentinelError("forbidden", { detail });
  };
  if (origin !== null) {
    if (!isOwn(origin, headers)) refuse("The request comes from another origin. Behind a proxy, set SENTINEL_URL.");
  } else if (site !== null) {
    if (site !== "same-origin" && site !== "none") refuse("The request comes from another site.");
  } else if (options.strict) refuse("The request has no Origin header; send one.");
}

/** What a browser calls this machine, whatever its name server says. */
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Refuses a page of an origin that is only as good as the name server of whoever asks: without SENTINEL_URL nothing tells this
 * server's own name from one that another site points at it (DNS rebinding). Without an Origin, nobody's page asks.
 */
export function assertNamedOrigin(headers: Headers): void {
  const origin = headers.get("origin");
  if (origin === null || env().SENTINEL_URL || LOOPBACK.has(new URL(origin).hostname)) return;
  throw new SentinelError("forbidden", { detail: "Requests from web pages require SENTINEL_URL to be set." });
}

function isOwn(origin: string, headers: Headers): boolean {
  const { SENTINEL_URL } = env();
  if (SENTINEL_URL) return origin === SENTINEL_URL;
  return URL.canParse(origin) && new URL(origin).host === headers.get("host");
}

/** The origin people reach this server at: SENTINEL_URL, or the host they asked for. */
export function ownOrigin(headers: Headers): string {
  return env().SENTINEL_URL ?? `http://${headers.get("host") ?? "localhost"}`;
}
