import { createHmac, timingSafeEqual } from "node:crypto";
import { Webhooks } from "@octokit/webhooks";
import type { Sender } from "@/lib/auth/sources";
import { bearer } from "@/lib/auth/token";
import type { AlertSourceKind } from "@/lib/core/base/vocabulary";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";

/** Longest token that is looked at. */
const TOKEN_MAX = 512;
/** Signatures of one message: one for each secret while secrets are changed over. */
const SIGNATURES_MAX = 10;

/**
 * The token that a source of alerts sends, or null: in X-Sentinel-Token, as a bearer token, or as the password of basic
 * authentication, for not every sender can set every header. The user's name in basic authentication says nothing.
 */
export function senderToken(headers: Headers): string | null {
  const own = headers.get("x-sentinel-token")?.trim();
  if (own) return own.length <= TOKEN_MAX ? own : null;
  const basic = /^Basic +([A-Za-z0-9+/]{1,1024}={0,2}) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (!basic) return bearer(headers);
  const pair = Buffer.from(basic, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  const password = pair.slice(colon + 1);
  return colon >= 0 && password !== "" && password.length <= TOKEN_MAX ? password : null;
}

/**
 * Whether PagerDuty signed these bytes: HMAC-SHA256 in hex, `v1=…`, several separated by commas while its secret is being
 * changed (PagerDuty, "Verifying Signatures"); of other versions nothing is known. One secret and one signature that go
 * together are enough. All are compared, each in constant time.
 */
export function signedByPagerDuty(body: Buffer, header: string, secrets: readonly string[]): boolean {
  const given = header
    .split(",", SIGNATURES_MAX)
    .map((part) => /^v1=([0-9a-f]{64})$/.exec(part.trim())?.[1])
    .filter((hex) => hex !== undefined)
    .map((hex) => Buffer.from(hex, "hex"));
  const expected = secrets.map((secret) => createHmac("sha256", secret).update(body).digest());
  return expected.flatMap((right) => given.map((one) => timingSafeEqual(one, right))).includes(true);
}

/** Whether GitHub signed these bytes: `sha256=` and an HMAC-SHA256 in hex. */
export async function signedByGithub(body: Buffer, header: string, secret: string): Promise<boolean> {
  // The library throws for what is empty; for us that is a signature that does not fit.
  return body.length > 0 && header !== "" && new Webhooks({ secret }).verify(body.toString("utf8"), header);
}

/**
 * Who signed a body. Its bytes are those that were signed, before anything is made of them. Throws `unauthenticated`
 * where the signature is missing or wrong, `forbidden` where no secret is configured.
 */
export async function admitSigned(
  kind: AlertSourceKind | undefined,
  headers: Headers,
  body: Buffer = Buffer.alloc(0),
): Promise<Sender> {
  const name = kind === "github" ? "X-Hub-Signature-256" : "X-PagerDuty-Signature";
  const header = headers.get(name);
  if (header !== null && (kind === "github" || kind === "pagerduty")) {
    const { GITHUB_WEBHOOK_SECRET, PAGERDUTY_WEBHOOK_SECRET } = env();
    const secret = kind === "github" ? GITHUB_WEBHOOK_SECRET : PAGERDUTY_WEBHOOK_SECRET;
    if (!secret) {
      const variable = kind === "github" ? "GITHUB_WEBHOOK_SECRET" : "PAGERDUTY_WEBHOOK_SECRET";
      throw new SentinelError("forbidden", { detail: `${variable} is not set, so this route is disabled.` });
    }
    const genuine =
      kind === "github"
        ? await signedByGithub(body, header, secret)
        : signedByPagerDuty(body, header, secretsIn(secret));
    if (genuine) return { id: kind, kind };
  }
  throw new SentinelError("unauthenticated", {
    detail: `A valid signature of the body is required: ${name}.`,
    headers: { "www-authenticate": 'Signature realm="sentinel"' },
  });
}

/** Each subscription of PagerDuty has a secret of its own: several are separated by commas. */
const secretsIn = (text: string): string[] =>
  text
    .split(",")
    .map((secret) => secret.trim())
    .filter((secret) => secret !== "");
