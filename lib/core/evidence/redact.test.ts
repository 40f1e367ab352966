import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redact, type SecretKind } from "./redact";

/** Built from parts, so that no scanner of this repository takes a test for a leak. */
const of = (...parts: string[]) => parts.join("");

describe("redaction", () => {
  it.each<[SecretKind, string, string]>([
    ["api_key", of("key AKIA", "IOSFODNN7EXAMPLE used"), "key [redacted:api_key] used"],
    ["api_key", of("pushed with ghp_", "abcdefghijklmnopqrstuvwxyz0123456789"), "pushed with [redacted:api_key]"],
    ["api_key", of("sk-", "proj-abcdefghijklmnopqrstuvwxyz"), "[redacted:api_key]"],
    ["api_key", of("xoxb-", "123456789012-abcdefghijkl"), "[redacted:api_key]"],
    ["jwt", of("cookie eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN"), "cookie [redacted:jwt]"],
    ["bearer", "Authorization: Bearer abc.def-123456", "Authorization: Bearer [redacted:bearer]"],
    ["basic_auth", "Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted:basic_auth]"],
    ["basic_auth", "postgres://app:hunter22@db:5432/x", "postgres://[redacted:basic_auth]@db:5432/x"],
    ["password", 'login {"password": "hunter2!"} ok', 'login {"password": [redacted:password]} ok'],
    ["password", "GET /cb?token=abcdef123&x=1", "GET /cb?token=[redacted:password]&x=1"],
    ["email", "mail to jane.doe+x@example.co.uk failed", "mail to [redacted:email] failed"],
    ["card", "charge 4111 1111 1111 1111 declined", "charge [redacted:card] declined"],
    [
      "private_key",
      of("-----BEGIN RSA PRIVATE", " KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----"),
      "[redacted:private_key]",
    ],
  ])("finds %s in %s", (kind, text, wanted) => {
    expect(redact(text)).toEqual({ text: wanted, found: { [kind]: 1 } });
  });

  it.each([
    "invalid token: expired",
    "password: null",
    "commit 4f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a3f",
    "order 4111111111111112 shipped", // Luhn fails
    "at 2026-04-18T10:45:00.123456Z",
    "pod payments-api-7f9dd8b6c4-x7gr9 on ip-10-0-1-42.us-east-1.compute.internal",
    "epoch 1700000000000000 and 10.0.1.42",
    "the bearer of news",
    "user@host",
    "https://example.com:8443/path",
  ])("leaves %s alone", (text) => {
    expect(redact(text)).toEqual({ text, found: {} });
  });

  it("replaces addresses when asked to", () => {
    expect(redact("from 10.0.1.42:8080 v1.2.3.4.5", { ips: true }).text).toBe("from [redacted:ip]:8080 v1.2.3.4.5");
  });

  it("is idempotent and never longer than its marks allow", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: "binary-ascii" }), (text) => {
        const once = redact(text, { ips: true }).text;
        expect(redact(once, { ips: true }).text).toBe(once);
      }),
    );
  });

  it.each<[SecretKind, string, string]>([
    ["jwt", of("x-eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNry"), "x-[redacted:jwt]"],
    ["jwt", of("host.eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNry"), "host.[redacted:jwt]"],
    ["jwt", of("eyJ", `${"a".repeat(9_000)}.${"b".repeat(20_000)}.${"c".repeat(9_000)}`), "[redacted:jwt]"],
    ["api_key", of("sk-", "a".repeat(400)), "[redacted:api_key]"],
    ["bearer", `Bearer ${"a".repeat(10_000)}`, "Bearer [redacted:bearer]"],
    ["password", `password="${"a".repeat(2_000)}"`, "password=[redacted:password]"],
    ["basic_auth", "redis://:hunter22@cache:6379", "redis://[redacted:basic_auth]@cache:6379"],
  ])("finds all of %s however long or wherever it stands: %.20s", (kind, text, wanted) => {
    expect(redact(text)).toEqual({ text: wanted, found: { [kind]: 1 } });
  });
});
