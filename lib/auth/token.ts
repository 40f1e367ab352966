import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** A secret that nobody can guess (256 bits), with a prefix that scanners for leaked secrets can find. */
export const newToken = (prefix: string): string => `${prefix}_${randomBytes(32).toString("base64url")}`;

/** What is kept of a token. It has full entropy, so one fast hash is enough (no salt, no stretching). */
export const hashToken = (token: string): string => hash("sha256", token, "base64url");

/** Whether two secrets are the same, in a time that does not tell how much of them is. */
export const sameSecret = (a: string, b: string): boolean =>
  timingSafeEqual(Buffer.from(hashToken(a)), Buffer.from(hashToken(b)));

/** The token of an `Authorization: Bearer …` header, or null. */
export function bearer(headers: Headers): string | null {
  const match = /^Bearer +([\w.~+/-]{1,512}=*) *$/i.exec(headers.get("authorization") ?? "");
  return match?.[1] ?? null;
}
