import type { Sender } from "@/lib/auth/sources";
import { bearer } from "@/lib/auth/token";
import type { Endpoint } from "@/lib/contracts/endpoint";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";

/** Longest token that is looked at. */
const TOKEN_MAX = 512;

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
 * Who signed a body. Its bytes are those that were signed, before anything is made of them. Throws `unauthenticated`
 * where the signature is missing or wrong, `forbidden` where no secret is configured.
 */
export async function admitSigned(
  { sender, signature }: Endpoint,
  headers: Headers,
  body: Buffer = Buffer.alloc(0),
): Promise<Sender> {
  if (!sender || !signature) throw new Error("A signed endpoint must name its sender and signature");
  const header = headers.get(signature.header);
  if (header !== null) {
    const settings: Readonly<Record<string, unknown>> = env();
    const secret = settings[signature.secret];
    if (typeof secret !== "string")
      throw new SentinelError("forbidden", { detail: `${signature.secret} is not set, so this route is disabled.` });
    if (await signature.verify(body, header, secret)) return { id: sender, kind: sender };
  }
  throw new SentinelError("unauthenticated", {
    detail: `A valid signature of the body is required: ${signature.header}.`,
    headers: { "www-authenticate": 'Signature realm="sentinel"' },
  });
}
