import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Db } from "@/lib/db/client";
import { env } from "@/lib/env";
import { sessionSecret } from "./people";
import { sameSecret } from "./token";

/** A browser that somebody signed in with is known for so long, in s. */
const KNOWN_S = 365 * 24 * 3_600;

/**
 * Device cookies (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"): a browser in which an account was signed in
 * before is known by a signed cookie, and its attempts are counted by themselves, so that nobody else's can keep it out. The
 * cookie proves nothing else: it signs nobody in.
 */
export async function deviceCookie(db: Db, email: string): Promise<string> {
  const nonce = randomBytes(16).toString("base64url");
  const secure = env().SENTINEL_URL?.startsWith("https:") ? "; Secure" : "";
  const value = `${nonce}.${await sign(db, email, nonce)}`;
  return `${nameFor(email)}=${value}; Path=/api/auth; Max-Age=${KNOWN_S}; HttpOnly; SameSite=Lax${secure}`;
}

/** The device that these headers come from, if this account was signed in with it; null for any other. */
export async function knownDevice(db: Db, email: string, headers: Headers): Promise<string | null> {
  const name = `${nameFor(email)}=`;
  const cookie = (headers.get("cookie") ?? "").split(/; */).find((part) => part.startsWith(name));
  const [nonce = "", signature = ""] = cookie?.slice(name.length).split(".") ?? [];
  return nonce !== "" && sameSecret(signature, await sign(db, email, nonce)) ? nonce : null;
}

/** Each account has a cookie of its own, so that people who share a browser do not take it from each other. */
const nameFor = (email: string): string =>
  `sentinel.device.${createHash("sha256").update(plain(email)).digest("hex").slice(0, 12)}`;

const sign = async (db: Db, email: string, nonce: string): Promise<string> =>
  createHmac("sha256", await sessionSecret(db))
    .update(`device\n${plain(email)}\n${nonce}`)
    .digest("base64url");

const plain = (email: string): string => email.trim().toLowerCase();
