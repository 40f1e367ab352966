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

function isOwn(origin: string, headers: Headers): boolean {
  const { SENTINEL_URL } = env();
  if (SENTINEL_URL) return origin === SENTINEL_URL;
  return URL.canParse(origin) && new URL(origin).host === headers.get("host");
}

/** The origin people reach this server at: SENTINEL_URL, or the host they asked for. */
export function ownOrigin(headers: Headers): string {
  return env().SENTINEL_URL ?? `http://${headers.get("host") ?? "localhost"}`;
}
