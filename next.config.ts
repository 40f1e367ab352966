import type { NextConfig } from "next";

/**
 * What every answer says about itself. Answers of the API and files load nothing and are framed by nobody; pages get a
 * policy with a nonce instead of this one (proxy.ts).
 */
const HEADERS = [
  { key: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'" },
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Referrer-Policy", value: "same-origin" },
  { key: "Permissions-Policy", value: "camera=(), microphone=(), geolocation=()" },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
];

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // Of the development server: fifteen agents that report would leave no other line to be seen. Keys stand in some paths of /otlp and /hooks.
  logging: {
    incomingRequests: { ignore: [/^\/api\/v1\/(?:ingest|hooks\/|agents\/[^/]+\/directive)/, /^\/(?:v1|otlp|hooks)\//] },
  },
  // Read while it runs: a traced deployment has to carry them.
  outputFileTracingIncludes: { "/*": ["./drizzle/**/*", "./seeds/runbooks/*.md", "./seeds/scenarios/**/*.json"] },
  headers: async () => [{ source: "/:path*", headers: HEADERS }],
};
export default config;
