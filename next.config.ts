import type { NextConfig } from "next";
import { PHASE_DEVELOPMENT_SERVER } from "next/constants";

/**
 * What every page and answer says about itself. Next's own inline scripts need 'unsafe-inline'; everything else comes from
 * this origin. The development server compiles with eval, so the policy is production's.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Referrer-Policy", value: "same-origin" },
  { key: "Permissions-Policy", value: "camera=(), microphone=(), geolocation=()" },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
];

export default function config(phase: string): NextConfig {
  const policy = [{ key: "Content-Security-Policy", value: CONTENT_SECURITY_POLICY }];
  return {
    poweredByHeader: false,
    reactStrictMode: true,
    // Read while it runs: a traced deployment has to carry them.
    outputFileTracingIncludes: { "/*": ["./drizzle/**/*", "./seeds/runbooks/*.md", "./seeds/scenarios/**/*.json"] },
    headers: async () => [
      { source: "/:path*", headers: phase === PHASE_DEVELOPMENT_SERVER ? HEADERS : [...HEADERS, ...policy] },
    ],
  };
}
