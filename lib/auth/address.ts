import { randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { env } from "@/lib/env";

/** Where addresses come from when this process did not accept the connection itself. */
const UNKNOWN = "unknown";
/** Of an IPv6 address, the groups that name one customer's network (a /64); the rest is theirs to choose. */
const IPV6_GROUPS = 4;

/** A name that nobody outside this process can know, so that nobody can send the header. */
const peerHeader = (): string => {
  const global = globalThis as unknown as Record<symbol, string | undefined>;
  return (global[Symbol.for("sentinel.peer-header")] ??= `x-peer-${randomUUID()}`);
};

/** Notes on each request of this process's servers the address that its connection comes from. Once, at the start. */
export function notePeers(): void {
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    request.headers[peerHeader()] = request.socket.remoteAddress ?? UNKNOWN;
  });
}

/**
 * The address that a request comes from: the connection's own, or behind TRUSTED_PROXIES proxies what the outermost of them
 * wrote into X-Forwarded-For. What anybody could have written there is not looked at. An IPv6 address counts by its network.
 */
export function addressOf(headers: Headers, proxies: number = env().TRUSTED_PROXIES): string {
  const forwarded = (headers.get("x-forwarded-for") ?? "").split(",").map((part) => part.trim());
  const peer = headers.get(peerHeader()) ?? forwarded.at(-1);
  const address = proxies > 0 ? (forwarded.at(-proxies) ?? forwarded[0]) : peer;
  return networkOf(address || UNKNOWN);
}

function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*/s, "");
  if (!isIPv6(plain)) return plain.slice(0, 64);
  const [head = "", tail = ""] = plain.toLowerCase().split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const whole = plain.includes("::")
    ? [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back]
    : front;
  return `${whole
    .slice(0, IPV6_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
